// ferry/ferry.hpp: the C++17 layer over ferry/base.h and ferry/plugin.h.
//
// Header-only and compiled into each plugin: no part of the ABI. packer.hpp, registry.hpp and transport.hpp build on
// it. Everything here is thread-safe as far as its arguments are.
#ifndef FERRY_FERRY_HPP
#define FERRY_FERRY_HPP

#include <ferry/ferry.h>
#include <ferry/text.hpp>
#include <ferry/utf8.hpp>

#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ferry {

inline ferry_str raw(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

inline std::string_view view(ferry_str text) noexcept {
    return text.data ? std::string_view(text.data, text.size) : std::string_view();
}

inline std::string str(ferry_str text) {
    return std::string(view(text));
}

// The words that the host hands to a call, as a Translator.
class HostTexts final : public Translator {
public:
    explicit HostTexts(const ferry_texts *texts) noexcept : texts_(texts) {}

    std::string_view find(std::string_view english) const noexcept override { return find(english, {}, 0); }
    std::string_view find(std::string_view one, std::string_view many, std::uint64_t count) const noexcept override {
        return texts_ ? view(texts_->find(texts_, raw(one), raw(many), count)) : std::string_view();
    }
    std::string_view advice(std::string_view id) const noexcept override {
        return texts_ ? view(texts_->advice(texts_, raw(id))) : std::string_view();
    }

private:
    const ferry_texts *texts_;
};

// The words that a caller put into its error; null: English.
inline const ferry_texts *texts_of(const ferry_error *error) noexcept {
    return error && FERRY_HAS(error, texts) ? error->texts : nullptr;
}

// What plugin code throws; the firewall turns it into a ferry_error.
class Error : public std::exception {
public:
    Error(ferry_status status, Text text) : code(status), message(std::move(text)) {}

    // The message in English.
    const char *what() const noexcept override { return message.english().c_str(); }

    Error &retryable(bool yes = true) noexcept {
        flags = yes ? flags | FERRY_ERROR_RETRYABLE : flags & ~FERRY_ERROR_RETRYABLE;
        return *this;
    }
    Error &http(int status) noexcept {
        http_status = status;
        return *this;
    }
    Error &after(std::int64_t ms) noexcept {
        retry_after_ms = ms;
        return *this;
    }

    ferry_status code;
    std::uint32_t flags = 0;
    std::int32_t http_status = 0;
    std::int64_t retry_after_ms = -1;
    Text message;
};

// An empty ferry_error to pass to a call, whose message is wanted in those words.
inline ferry_error blank_error(const ferry_texts *texts = nullptr) noexcept {
    ferry_error error{};
    error.struct_size = sizeof error;
    error.retry_after_ms = -1;
    error.texts = texts;
    return error;
}

inline ferry_status fill(ferry_error *out, ferry_status code, std::string_view message, std::uint32_t flags = 0,
                         std::int32_t http_status = 0, std::int64_t retry_after_ms = -1) noexcept {
    if (!out) return code;
    out->code = code;
    out->flags = flags;
    out->http_status = http_status;
    out->retry_after_ms = retry_after_ms;
    const std::size_t size = utf8_prefix(message, sizeof out->message - 1);
    if (size) std::memcpy(out->message, message.data(), size);
    out->message[size] = '\0';
    return code;
}

// Throws what the other side reported.
inline void check(ferry_status status, const ferry_error &error) {
    if (status == FERRY_OK) return;
    Error thrown(status, error.message);
    thrown.flags = error.flags;
    thrown.http_status = error.http_status;
    thrown.retry_after_ms = error.retry_after_ms;
    throw thrown;
}

// Runs `body`; whatever it throws becomes a status and a filled error. Every function of a table goes through here.
template <class Body> ferry_status firewall(ferry_error *out, Body &&body) noexcept {
    const auto words = [out](const Text &text) {
        try {
            return text.in(HostTexts(texts_of(out)));
        } catch (const std::exception &) { // there is no memory for them
            return std::string();
        }
    };
    try {
        std::forward<Body>(body)();
        return FERRY_OK;
    } catch (const Error &e) {
        return fill(out, e.code == FERRY_OK ? FERRY_E_INTERNAL : e.code, words(e.message), e.flags, e.http_status,
                    e.retry_after_ms);
    } catch (const std::bad_alloc &) {
        return fill(out, FERRY_E_NO_MEMORY, "out of memory");
    } catch (const std::system_error &e) {
        // What std::thread throws.
        if (e.code() == std::errc::resource_unavailable_try_again)
            return fill(out, FERRY_E_NO_MEMORY, "no other thread can be started");
        return fill(out, FERRY_E_INTERNAL, e.what());
    } catch (const std::exception &e) {
        return fill(out, FERRY_E_INTERNAL, e.what());
    } catch (...) {
        return fill(out, FERRY_E_INTERNAL, "an exception of unknown type");
    }
}

// The plugin's options.
class Config {
public:
    explicit Config(const ferry_config *config) noexcept : config_(config) {}

    std::optional<std::string_view> find(std::string_view key) const noexcept {
        ferry_str value{};
        if (!config_ || !config_->get(config_, raw(key), &value)) return std::nullopt;
        return view(value);
    }
    std::string get(std::string_view key, std::string_view otherwise = {}) const {
        return std::string(find(key).value_or(otherwise));
    }
    // Throws on anything but yes/no, true/false, on/off, 1/0.
    bool flag(std::string_view key, bool otherwise = false) const {
        const auto value = find(key);
        if (!value || value->empty()) return otherwise;
        if (*value == "yes" || *value == "true" || *value == "on" || *value == "1") return true;
        if (*value == "no" || *value == "false" || *value == "off" || *value == "0") return false;
        throw Error(FERRY_E_INVALID, say("the option {} takes yes or no, not '{}'", key, *value));
    }
    const ferry_config *c() const noexcept { return config_; }

private:
    const ferry_config *config_;
};

// The operation that a call serves. A null op is one that is never cancelled and logs nowhere.
class Op {
public:
    explicit Op(const ferry_op *op) noexcept : op_(op) {}

    bool cancelled() const noexcept { return op_ && op_->cancelled(op_) != 0; }
    void throw_if_cancelled() const {
        if (cancelled()) throw Error(FERRY_E_CANCELLED, say("cancelled"));
    }
    void progress(std::uint64_t done, std::uint64_t total) const noexcept {
        if (op_) op_->progress(op_, done, total);
    }
    void log(std::int32_t level, std::string_view line) const noexcept {
        if (op_) op_->log(op_, level, raw(line));
    }
    void debug(std::string_view line) const noexcept { log(FERRY_LOG_DEBUG, line); }
    void warn(const Text &text) const { log(FERRY_LOG_WARNING, words(text)); }
    // The text in the words of the host, for what crosses to it beside errors, warnings and advice.
    std::string words(const Text &text) const { return text.in(HostTexts(texts())); }
    // The words of the host, for calls that are made within this operation; may be null.
    const ferry_texts *texts() const noexcept { return op_ && FERRY_HAS(op_, texts) ? op_->texts : nullptr; }
    const ferry_op *c() const noexcept { return op_; }

private:
    const ferry_op *op_;
};

// Calls `fn` when the operation is cancelled, for as long as this object lives. `fn` must not throw or block.
template <class F> class OnCancel {
public:
    OnCancel(const Op &op, F fn) : op_(op.c()), fn_(std::move(fn)) {
        if (op_)
            token_ = op_->on_cancel(
                op_, [](void *self) noexcept { static_cast<OnCancel *>(self)->fn_(); }, this);
    }
    ~OnCancel() {
        if (op_) op_->off_cancel(op_, token_);
    }
    OnCancel(const OnCancel &) = delete;
    OnCancel &operator=(const OnCancel &) = delete;

private:
    const ferry_op *op_;
    F fn_;
    std::uint64_t token_ = 0;
};

// A JSON string with its quotes (RFC 8259 section 7), in valid UTF-8: a byte that belongs to no sequence is written as
// U+FFFD. <ferry/kit/json.hpp> has a reader and a writer of whole documents.
inline std::string json_string(std::string_view text) {
    static const char hex[] = "0123456789abcdef";
    std::string out = "\"";
    while (!text.empty()) {
        const char c = text.front();
        const auto byte = static_cast<unsigned char>(c);
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            append_utf8(out, replacement_character);
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += hex[byte >> 4];
            out += hex[byte & 15];
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length ? length : 1);
    }
    return out += '"';
}

} // namespace ferry

// Defines the one exported symbol and the manifest of a plugin with one interface. At namespace scope, once in a
// library. OPTIONS is a ferry_option array that ends with a NULL key, or nullptr.
#define FERRY_PLUGIN(ID, VERSION, SUMMARY, VENDOR, OPTIONS, INTERFACE, TABLE)                                          \
    extern "C" {                                                                                                       \
    extern const char ferry_manifest_text[];                                                                           \
    FERRY_MANIFEST_PLACE const char ferry_manifest_text[] =                                                            \
        FERRY_MANIFEST_TEXT(ID, VERSION, INTERFACE, SUMMARY, VENDOR);                                                  \
    }                                                                                                                  \
    extern "C" FERRY_EXPORT const ferry_plugin ferry_plugin_v1 = {                                                     \
        FERRY_PLUGIN_MAGIC,                                                                                            \
        sizeof(ferry_plugin),                                                                                          \
        FERRY_ABI_MAJOR,                                                                                               \
        FERRY_ABI_MINOR,                                                                                               \
        ID,                                                                                                            \
        VERSION,                                                                                                       \
        SUMMARY,                                                                                                       \
        VENDOR,                                                                                                        \
        ferry_manifest_text,                                                                                           \
        OPTIONS,                                                                                                       \
        [](const char *wanted) noexcept -> const void * {                                                              \
            return wanted && std::strcmp(wanted, INTERFACE) == 0 ? static_cast<const void *>(&TABLE) : nullptr;        \
        }};

#endif
