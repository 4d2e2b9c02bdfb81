#include "v1_image.h"

#include "go_json.h"

#include <ferry/kit/json.hpp>
#include <ferry/text.hpp>

#include <Poco/SHA2Engine.h>

#include <map>
#include <set>

namespace packer {
namespace {

using ferry::kit::Json;

// Go's types as far as the two structs below use them. What is optional here is nil there, and nil is not empty.
using Slice = std::optional<std::vector<std::string>>;
struct StrSlice : Slice {}; // strslice.StrSlice: a string alone is a list of one
using Set = std::optional<std::set<std::string>>;
using Map = std::optional<std::map<std::string, std::string>>;
struct Time {
    std::string text = "0001-01-01T00:00:00Z";
};

// api/types/container/config.go
struct Healthcheck {
    Slice test;
    std::int64_t interval = 0, timeout = 0, start_period = 0, retries = 0;
};

struct Config {
    std::string hostname, domainname, user;
    bool attach_stdin = false, attach_stdout = false, attach_stderr = false;
    Set exposed_ports;
    bool tty = false, open_stdin = false, stdin_once = false;
    Slice env;
    StrSlice cmd;
    std::optional<Healthcheck> healthcheck;
    bool args_escaped = false;
    std::string image;
    Set volumes;
    std::string working_dir;
    StrSlice entrypoint;
    bool network_disabled = false;
    std::string mac_address;
    Slice on_build;
    Map labels;
    std::string stop_signal;
    std::optional<std::int64_t> stop_timeout;
    StrSlice shell;
};

// image/image.go
struct V1Image {
    std::string id, parent, comment;
    Time created;
    std::string container;
    Config container_config;
    std::string docker_version, author;
    std::optional<Config> config;
    std::string architecture, variant, os;
    std::int64_t size = 0;
};

// One member of a Go struct with its tag.
template <class T> struct Field {
    const char *name;
    void (*take)(const Json &value, T &into, const std::string &at);
    bool (*put)(const T &from, std::string &out); // false: left out
};

template <class T> struct Fields {
    static const std::vector<Field<T>> all; // in the order of the Go struct
};
template <> const std::vector<Field<Healthcheck>> Fields<Healthcheck>::all;
template <> const std::vector<Field<Config>> Fields<Config>::all;
template <> const std::vector<Field<V1Image>> Fields<V1Image>::all;

[[noreturn]] void refuse(const std::string &at, const char *wanted) {
    throw ferry::kit::JsonError(ferry::say("{} is not {}", at.empty() ? ferry::say("the config") : at, ferry::translated(wanted)));
}

void take(const Json &value, std::string &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    if (!value.is(Json::Kind::string)) refuse(at, ferry::later("a string"));
    into = *value.string();
}
void take(const Json &value, bool &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    if (!value.is(Json::Kind::boolean)) refuse(at, ferry::later("true or false"));
    into = *value.boolean();
}
void take(const Json &value, std::int64_t &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    const auto number = value.integer();
    if (!number) refuse(at, ferry::later("a whole number"));
    into = *number;
}
void take(const Json &value, Time &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    const auto time = value.is(Json::Kind::string) ? go_time(*value.string()) : std::nullopt;
    if (!time) refuse(at, ferry::later("a date as in RFC 3339"));
    into.text = *time;
}
void take(const Json &value, Slice &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return into.reset();
    if (!value.is(Json::Kind::array)) refuse(at, ferry::later("a list of strings"));
    std::vector<std::string> list;
    for (const Json &item : value.items()) {
        const std::size_t index = list.size();
        take(item, list.emplace_back(), at + '[' + std::to_string(index) + ']');
    }
    into = std::move(list);
}
void take(const Json &value, StrSlice &into, const std::string &at) {
    if (value.is(Json::Kind::string)) {
        static_cast<Slice &>(into) = std::vector<std::string>{*value.string()};
    } else {
        take(value, static_cast<Slice &>(into), at);
    }
}
void take(const Json &value, Set &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return into.reset();
    if (!value.is(Json::Kind::object)) refuse(at, ferry::later("an object of empty objects"));
    if (!into) into.emplace();
    for (const auto &[name, member] : value.members()) {
        if (!member.is(Json::Kind::object) && !member.is(Json::Kind::null))
            refuse(at + '.' + name, ferry::later("an object"));
        into->insert(name);
    }
}
void take(const Json &value, Map &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return into.reset();
    if (!value.is(Json::Kind::object)) refuse(at, ferry::later("an object of strings"));
    if (!into) into.emplace();
    for (const auto &[name, member] : value.members()) {
        std::string text;
        take(member, text, at + '.' + name);
        (*into)[name] = text;
    }
}

template <class T> void take_struct(const Json &value, T &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return;
    if (!value.is(Json::Kind::object)) refuse(at, ferry::later("an object"));
    for (const auto &[name, member] : value.members())
        for (const Field<T> &field : Fields<T>::all)
            if (ferry::kit::same_field(field.name, name)) field.take(member, into, at.empty() ? name : at + '.' + name);
}
void take(const Json &value, Healthcheck &into, const std::string &at) {
    take_struct(value, into, at);
}
void take(const Json &value, Config &into, const std::string &at) {
    take_struct(value, into, at);
}

template <class T> void take(const Json &value, std::optional<T> &into, const std::string &at) {
    if (value.is(Json::Kind::null)) return into.reset();
    if (!into) into.emplace();
    take(value, *into, at);
}

void put(const std::string &value, std::string &out) {
    out += go_string(value);
}
void put(bool value, std::string &out) {
    out += value ? "true" : "false";
}
void put(std::int64_t value, std::string &out) {
    out += std::to_string(value);
}
void put(const Time &value, std::string &out) {
    out += go_string(value.text);
}
void put(const Slice &value, std::string &out) {
    if (!value) {
        out += "null";
        return;
    }
    out += '[';
    for (std::size_t i = 0; i < value->size(); ++i) out += (i ? "," : "") + go_string((*value)[i]);
    out += ']';
}
void put(const Set &value, std::string &out) {
    if (!value) {
        out += "null";
        return;
    }
    out += '{';
    for (const std::string &name : *value) out += (out.back() == '{' ? "" : ",") + go_string(name) + ":{}";
    out += '}';
}
void put(const Map &value, std::string &out) {
    if (!value) {
        out += "null";
        return;
    }
    const char *comma = "";
    out += '{';
    for (const auto &[name, text] : *value) {
        out += comma + go_string(name) + ':' + go_string(text);
        comma = ",";
    }
    out += '}';
}

template <class T> void put_struct(const T &value, std::string &out) {
    const char *comma = "";
    out += '{';
    for (const Field<T> &field : Fields<T>::all) {
        std::string text;
        if (!field.put(value, text)) continue;
        out += comma + go_string(field.name) + ':' + text;
        comma = ",";
    }
    out += '}';
}
void put(const Healthcheck &value, std::string &out) {
    put_struct(value, out);
}
void put(const Config &value, std::string &out) {
    put_struct(value, out);
}
template <class T> void put(const std::optional<T> &value, std::string &out) {
    put(*value, out);
}

// What omitempty leaves out.
bool empty(const std::string &value) noexcept {
    return value.empty();
}
bool empty(bool value) noexcept {
    return !value;
}
bool empty(std::int64_t value) noexcept {
    return value == 0;
}
bool empty(const Slice &value) noexcept {
    return !value || value->empty();
}
bool empty(const Set &value) noexcept {
    return !value || value->empty();
}
template <class T> bool empty(const std::optional<T> &value) noexcept {
    return !value;
}

template <class> struct MemberOf;
template <class T, class V> struct MemberOf<V T::*> { using Struct = T; };
template <auto Member> using StructOf = typename MemberOf<decltype(Member)>::Struct;

template <auto Member> void take_member(const Json &value, StructOf<Member> &into, const std::string &at) {
    take(value, into.*Member, at);
}
template <auto Member> constexpr Field<StructOf<Member>> always(const char *name) {
    return {name, take_member<Member>, [](const StructOf<Member> &from, std::string &out) {
                put(from.*Member, out);
                return true;
            }};
}
template <auto Member> constexpr Field<StructOf<Member>> omitempty(const char *name) {
    return {name, take_member<Member>, [](const StructOf<Member> &from, std::string &out) {
                if (empty(from.*Member)) return false;
                put(from.*Member, out);
                return true;
            }};
}

template <>
const std::vector<Field<Healthcheck>> Fields<Healthcheck>::all = {
    omitempty<&Healthcheck::test>("Test"),       omitempty<&Healthcheck::interval>("Interval"),
    omitempty<&Healthcheck::timeout>("Timeout"), omitempty<&Healthcheck::start_period>("StartPeriod"),
    omitempty<&Healthcheck::retries>("Retries"),
};

template <>
const std::vector<Field<Config>> Fields<Config>::all = {
    always<&Config::hostname>("Hostname"),
    always<&Config::domainname>("Domainname"),
    always<&Config::user>("User"),
    always<&Config::attach_stdin>("AttachStdin"),
    always<&Config::attach_stdout>("AttachStdout"),
    always<&Config::attach_stderr>("AttachStderr"),
    omitempty<&Config::exposed_ports>("ExposedPorts"),
    always<&Config::tty>("Tty"),
    always<&Config::open_stdin>("OpenStdin"),
    always<&Config::stdin_once>("StdinOnce"),
    always<&Config::env>("Env"),
    always<&Config::cmd>("Cmd"),
    omitempty<&Config::healthcheck>("Healthcheck"),
    omitempty<&Config::args_escaped>("ArgsEscaped"),
    always<&Config::image>("Image"),
    always<&Config::volumes>("Volumes"),
    always<&Config::working_dir>("WorkingDir"),
    always<&Config::entrypoint>("Entrypoint"),
    omitempty<&Config::network_disabled>("NetworkDisabled"),
    omitempty<&Config::mac_address>("MacAddress"),
    always<&Config::on_build>("OnBuild"),
    always<&Config::labels>("Labels"),
    omitempty<&Config::stop_signal>("StopSignal"),
    omitempty<&Config::stop_timeout>("StopTimeout"),
    omitempty<&Config::shell>("Shell"),
};

template <>
const std::vector<Field<V1Image>> Fields<V1Image>::all = {
    omitempty<&V1Image::id>("id"),
    omitempty<&V1Image::parent>("parent"),
    omitempty<&V1Image::comment>("comment"),
    always<&V1Image::created>("created"),
    omitempty<&V1Image::container>("container"),
    always<&V1Image::container_config>("container_config"),
    omitempty<&V1Image::docker_version>("docker_version"),
    omitempty<&V1Image::author>("author"),
    omitempty<&V1Image::config>("config"),
    omitempty<&V1Image::architecture>("architecture"),
    omitempty<&V1Image::variant>("variant"),
    omitempty<&V1Image::os>("os"),
    omitempty<&V1Image::size>("Size"),
};

std::string sha256(std::string_view bytes) {
    Poco::SHA2Engine engine(Poco::SHA2Engine::SHA_256);
    engine.update(bytes.data(), bytes.size());
    return Poco::DigestEngine::digestToHex(engine.digest());
}

// CreateID: the digest of the image with its members in the order of their names, and with the layer's chain id.
std::string create_id(V1Image image, const std::string &chain_id, const std::string &parent) {
    image.id.clear();
    image.parent.clear();
    std::map<std::string, std::string> members;
    for (const Field<V1Image> &field : Fields<V1Image>::all) {
        std::string text;
        if (field.put(image, text)) members[field.name] = std::move(text);
    }
    members["layer_id"] = go_string(chain_id);
    if (!parent.empty()) members["parent"] = go_string("sha256:" + parent);
    std::string bytes;
    for (const auto &[name, text] : members) bytes += (bytes.empty() ? "{" : ",") + go_string(name) + ':' + text;
    return sha256(bytes + '}');
}

Json read(std::string_view config_json) {
    try {
        return Json::parse(std::string(config_json));
    } catch (const ferry::kit::JsonError &e) {
        throw ferry::kit::JsonError(ferry::say("it is not JSON: {}", e.what()));
    }
}

} // namespace

std::vector<V1Layer> v1_layers(std::string_view config_json, const std::vector<std::string> &diff_ids) {
    V1Image whole;
    take_struct(read(config_json), whole, {});

    std::vector<V1Layer> layers;
    std::string chain_id, parent;
    for (std::size_t i = 0; i < diff_ids.size(); ++i) {
        V1Image image;
        if (i + 1 == diff_ids.size()) {
            image = whole;
        } else {
            image.created.text = "1970-01-01T00:00:00Z";
        }
        chain_id = i ? "sha256:" + sha256(chain_id + ' ' + diff_ids[i]) : diff_ids[i];
        image.id = create_id(image, chain_id, parent);
        image.parent = parent;
        image.os = whole.os; // only after the id was made
        parent = image.id;
        V1Layer &layer = layers.emplace_back();
        layer.id = image.id;
        put_struct(image, layer.json);
    }
    return layers;
}

} // namespace packer
