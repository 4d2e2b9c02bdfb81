#include "cli/line/settings.h"

#include "core/base/error.h"
#include "core/os/environment.h"

#include <ferry/kit/ascii.hpp>
#include <ferry/text.hpp>

#include <Poco/AutoPtr.h>
#include <Poco/Exception.h>
#include <Poco/Util/PropertyFileConfiguration.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace ferry::cli {

std::vector<std::string> split_list(const std::string &text, char separator) {
    const auto parts = kit::words(text, {&separator, 1});
    return {parts.begin(), parts.end()};
}

std::map<std::string, std::string> proxy_settings(const std::string &proxy, const std::string &no_proxy,
                                                  const std::function<std::string(const char *name)> &get) {
    const auto either = [&](const char *lower, const char *upper) {
        std::string value = get(lower);
        return value.empty() ? get(upper) : value;
    };
    std::map<std::string, std::string> settings;
    settings["no_proxy"] = no_proxy.empty() ? either("no_proxy", "NO_PROXY") : no_proxy;
    if (!proxy.empty()) {
        settings["http_proxy"] = settings["https_proxy"] = proxy;
        return settings;
    }
    const bool cgi = !get("REQUEST_METHOD").empty();
    settings["http_proxy"] = either("http_proxy", cgi ? "" : "HTTP_PROXY");
    settings["https_proxy"] = either("https_proxy", "HTTPS_PROXY");
    settings["all_proxy"] = either("all_proxy", "ALL_PROXY");
    return settings;
}

std::string default_settings_path() {
    const std::string folder = core::config_folder();
    return folder.empty() ? folder : folder + "/ferry/ferry.properties";
}

std::map<std::string, std::string> read_settings(const std::string &path, bool must_exist) {
    std::map<std::string, std::string> settings;
    // A folder that this user may not look into is as good as none: HOME may be somebody else's.
    std::error_code closed;
    if (path.empty() || (!must_exist && !std::filesystem::exists(path, closed))) return settings;
    try {
        const Poco::AutoPtr<Poco::Util::PropertyFileConfiguration> file(
            new Poco::Util::PropertyFileConfiguration(path));
        const std::function<void(const std::string &)> walk = [&](const std::string &prefix) {
            Poco::Util::AbstractConfiguration::Keys keys;
            file->keys(prefix, keys);
            for (const std::string &key : keys) walk(prefix.empty() ? key : prefix + "." + key);
            // Raw: a value may hold ${...} that is not ours to expand.
            if (!prefix.empty() && file->hasProperty(prefix)) settings[prefix] = file->getRawString(prefix);
        };
        walk("");
    } catch (const Poco::Exception &e) {
        throw core::Error(core::Kind::usage, say("cannot read the settings in {}: {}", path, e.displayText()));
    }
    return settings;
}

} // namespace ferry::cli
