#include "cli/serve/exchange.h"

#include "cli/language/language.h"

#include <ferry/kit/json.hpp>

#include <Poco/String.h>

namespace ferry::cli {

std::string Request::field(std::string_view name) const {
    std::string all;
    for (const auto &[key, value] : fields)
        if (key.size() == name.size() && Poco::icompare(key, std::string(name)) == 0)
            all += (all.empty() ? "" : ", ") + value;
    return all;
}

std::uint64_t Answer::length() const {
    return file ? file->end - file->begin : body ? body->size() : 0;
}

Answer refused(const Refusal &refusal) {
    Answer out;
    out.status = refusal.status;
    out.headers = {{"Content-Type", "application/json"}};
    out.headers.insert(out.headers.end(), refusal.headers.begin(), refusal.headers.end());
    kit::JsonWriter body;
    body.begin_object().name("errors").begin_array().begin_object();
    body.member("code", refusal.code).member("message", tr(refusal.message)).end_object().end_array().end_object();
    out.body = std::make_shared<const std::string>(std::move(body).text());
    return out;
}

} // namespace ferry::cli
