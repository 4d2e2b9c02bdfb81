#include "docker_image.h"

#include <ferry/kit/json.hpp>
#include <ferry/text.hpp>

#include <algorithm>

namespace packer {

using ferry::kit::Json, ferry::kit::JsonError, ferry::kit::JsonWriter;

// Not in an unnamed namespace: the templates of go_struct.h find them by their arguments.
static void take(const Json &value, Healthcheck &into, const std::string &at) {
    go::take_struct(value, into, at);
}
static void take(const Json &value, ContainerConfig &into, const std::string &at) {
    go::take_struct(value, into, at);
}
static void take(const Json &value, RootFs &into, const std::string &at) {
    go::take_struct(value, into, at);
}
static void take(const Json &value, std::vector<History> &into, const std::string &at) {
    into.clear();
    if (value.is(Json::Kind::null)) return;
    if (!value.is(Json::Kind::array)) go::refuse(at, ferry::later("a list of objects"));
    for (const Json &item : value.items()) {
        const std::size_t index = into.size();
        go::take_struct(item, into.emplace_back(), at + '[' + std::to_string(index) + ']');
    }
}

static void put(const Healthcheck &value, JsonWriter &out) {
    go::put_struct(value, out);
}
static void put(const ContainerConfig &value, JsonWriter &out) {
    go::put_struct(value, out);
}

namespace go {

template <>
const std::vector<Field<Healthcheck>> Fields<Healthcheck>::all = {
    omitempty<&Healthcheck::test>("Test"),       omitempty<&Healthcheck::interval>("Interval"),
    omitempty<&Healthcheck::timeout>("Timeout"), omitempty<&Healthcheck::start_period>("StartPeriod"),
    omitempty<&Healthcheck::retries>("Retries"),
};

template <>
const std::vector<Field<ContainerConfig>> Fields<ContainerConfig>::all = {
    always<&ContainerConfig::hostname>("Hostname"),
    always<&ContainerConfig::domainname>("Domainname"),
    always<&ContainerConfig::user>("User"),
    always<&ContainerConfig::attach_stdin>("AttachStdin"),
    always<&ContainerConfig::attach_stdout>("AttachStdout"),
    always<&ContainerConfig::attach_stderr>("AttachStderr"),
    omitempty<&ContainerConfig::exposed_ports>("ExposedPorts"),
    always<&ContainerConfig::tty>("Tty"),
    always<&ContainerConfig::open_stdin>("OpenStdin"),
    always<&ContainerConfig::stdin_once>("StdinOnce"),
    always<&ContainerConfig::env>("Env"),
    always<&ContainerConfig::cmd>("Cmd"),
    omitempty<&ContainerConfig::healthcheck>("Healthcheck"),
    omitempty<&ContainerConfig::args_escaped>("ArgsEscaped"),
    always<&ContainerConfig::image>("Image"),
    always<&ContainerConfig::volumes>("Volumes"),
    always<&ContainerConfig::working_dir>("WorkingDir"),
    always<&ContainerConfig::entrypoint>("Entrypoint"),
    omitempty<&ContainerConfig::network_disabled>("NetworkDisabled"),
    omitempty<&ContainerConfig::mac_address>("MacAddress"),
    always<&ContainerConfig::on_build>("OnBuild"),
    always<&ContainerConfig::labels>("Labels"),
    omitempty<&ContainerConfig::stop_signal>("StopSignal"),
    omitempty<&ContainerConfig::stop_timeout>("StopTimeout"),
    omitempty<&ContainerConfig::shell>("Shell"),
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

template <>
const std::vector<Field<RootFs>> Fields<RootFs>::all = {
    read_only<&RootFs::type>("type"),
    read_only<&RootFs::diff_ids>("diff_ids"),
};

template <>
const std::vector<Field<History>> Fields<History>::all = {
    read_only<&History::created>("created"),         read_only<&History::author>("author"),
    read_only<&History::created_by>("created_by"),   read_only<&History::comment>("comment"),
    read_only<&History::empty_layer>("empty_layer"),
};

template <>
const std::vector<Field<ImageRest>> Fields<ImageRest>::all = {
    read_only<&ImageRest::rootfs>("rootfs"),
    read_only<&ImageRest::history>("history"),
    read_only<&ImageRest::os_version>("os.version"),
    read_only<&ImageRest::os_features>("os.features"),
};

} // namespace go

static Json read(std::string_view config_json) {
    try {
        return Json::parse(std::string(config_json));
    } catch (const JsonError &e) {
        throw JsonError(ferry::say("it is not JSON: {}", e.why));
    }
}

V1Image read_v1_image(std::string_view config_json) {
    V1Image image;
    go::take_struct(read(config_json), image, {});
    return image;
}

std::string require_docker_config(std::string_view config_json) {
    const Json json = read(config_json);
    V1Image image;
    ImageRest rest;
    go::take_struct(json, image, {});
    go::take_struct(json, rest, {});
    if (!rest.rootfs) throw JsonError(ferry::say("it has no rootfs"));
    // What Docker takes for layers is what its history does not call empty.
    const auto layers =
        std::count_if(rest.history.begin(), rest.history.end(), [](const History &step) { return !step.empty_layer; });
    const std::size_t diff_ids = rest.rootfs->diff_ids ? rest.rootfs->diff_ids->size() : 0;
    if (static_cast<std::size_t>(layers) > diff_ids)
        throw JsonError(ferry::say("its history tells of {} layers, and its rootfs has {}", layers, diff_ids));
    for (std::size_t i = 0; i < diff_ids; ++i)
        if (const std::string &id = (*rest.rootfs->diff_ids)[i]; id.rfind("sha256:", 0) != 0)
            throw JsonError(ferry::say("its layer {} is called {}, and Docker calls layers by their SHA-256", i, id));
    if (!image.os.empty() && !ferry::kit::same_field("linux", image.os) && !ferry::kit::same_field("windows", image.os))
        throw JsonError(ferry::say("it is for the operating system {}, which Docker does not run on", image.os));
    return image.os;
}

void require_docker_config(const ferry_image &image, const ferry::Op &op) {
    try {
        // moby 20.10 looks the system up as it is spelled, and breaks off; later ones compare it without case.
        if (const std::string os = require_docker_config(ferry::view(image.config_json));
            !os.empty() && os != "linux" && os != "windows")
            op.warn(ferry::say("the config of {} spells its operating system {}: Docker 20.10 and older break off when "
                               "they load it",
                               ferry::view(image.repository), os));
    } catch (const JsonError &e) {
        throw ferry::Error(FERRY_E_UNSUPPORTED,
                           ferry::say("Docker could not load {} (config {}): {}", ferry::view(image.repository),
                                      ferry::view(image.config.digest), e.why));
    }
}

} // namespace packer
