#include "cli/serve/exchange.h"

#include "cli/line/language.h"

#include <Poco/String.h>

namespace ferry::cli {

std::string Request::field(std::string_view name) const {
    std::string all;
    for (const auto &[key, value] : fields)
        if (key.size() == name.size() && Poco::icompare(key, std::string(name)) == 0)
            all += (all.empty() ? "" : ", ") + value;
    return all;
}

Answer refused(const Refusal &refusal) {
    Answer out;
    out.status = refusal.status;
    out.headers = {{"Content-Type", "application/json"}};
    out.headers.insert(out.headers.end(), refusal.headers.begin(), refusal.headers.end());
    out.body = std::make_shared<const std::string>("{\"errors\":[{\"code\":" + ferry::json_string(refusal.code) +
                                                   ",\"message\":" + ferry::json_string(tr(refusal.message)) + "}]}");
    return out;
}

} // namespace ferry::cli
