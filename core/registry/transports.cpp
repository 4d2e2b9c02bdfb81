#include "core/registry/transports.h"

#include "core/base/error.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <cctype>

namespace ferry::core {

namespace {

bool is_set(const AccessRequest &request, const std::string &key) {
    const auto option = request.shared_options.find(key);
    return option != request.shared_options.end() && !option->second.empty();
}

// `text` with the whole word `from` as `to`.
std::string renamed(std::string text, const std::string &from, const std::string &to) {
    const auto inside = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; };
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + 1)) {
        const auto end = at + from.size();
        if ((at && inside(text[at - 1])) || (end < text.size() && inside(text[end]))) continue;
        text.replace(at, from.size(), to);
        at += to.size() - 1;
    }
    return text;
}

TransportChoice usual_transports(const AccessRequest &request) {
    for (const char *key : {"registry_proxy", "https_proxy", "http_proxy", "all_proxy"})
        if (is_set(request, key)) return {{"proxy"}, std::string(key) + " is set"};
    return {{"direct"}, "no proxy is set"};
}

} // namespace

std::string TransportChoice::str() const {
    std::string list;
    for (const std::string &id : ids) list += (list.empty() ? "" : ",") + id;
    return "transport: " + list + " (" + why + ")";
}

TransportChoice choose_transports(const AccessRequest &request,
                                  const std::function<bool(const std::string &id)> &knows_rate) {
    TransportChoice choice =
        request.transports.empty() ? usual_transports(request) : TransportChoice{request.transports, "as asked for"};
    if (is_set(request, "limit_rate") && std::none_of(choice.ids.begin(), choice.ids.end(), knows_rate))
        choice.ids.insert(choice.ids.begin(), "throttle");
    return choice;
}

void check_tls_options(const AccessRequest &request, const std::string &id,
                       const std::function<bool(const std::string &key)> &declares) {
    for (const char *key :
         {"ca_cert", "client_cert", "client_key", "certs_dir", "min_tls", "insecure", "insecure_hosts"})
        if (is_set(request, key) && !declares(key))
            throw Error(Kind::usage, say("the transport {} does not know {}", id, key));
}

std::string in_users_words(std::string message, const std::map<std::string, std::string> &option_names) {
    for (const auto &[key, said] : option_names) message = renamed(std::move(message), key, said);
    return message;
}

} // namespace ferry::core
