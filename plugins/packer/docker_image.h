// The config of an image as Docker reads it.
//
// Source: moby 20.10, image/image.go, image/store.go, image/tarexport/load.go, api/types/container/config.go.
#pragma once

#include "go_struct.h"

#include <ferry/packer.hpp>

namespace packer {

// api/types/container/config.go
struct Healthcheck {
    go::Slice test;
    std::int64_t interval = 0, timeout = 0, start_period = 0, retries = 0;
};

struct ContainerConfig {
    std::string hostname, domainname, user;
    bool attach_stdin = false, attach_stdout = false, attach_stderr = false;
    go::Set exposed_ports;
    bool tty = false, open_stdin = false, stdin_once = false;
    go::Slice env;
    go::StrSlice cmd;
    std::optional<Healthcheck> healthcheck;
    bool args_escaped = false;
    std::string image;
    go::Set volumes;
    std::string working_dir;
    go::StrSlice entrypoint;
    bool network_disabled = false;
    std::string mac_address;
    go::Slice on_build;
    go::Map labels;
    std::string stop_signal;
    std::optional<std::int64_t> stop_timeout;
    go::StrSlice shell;
};

// image/image.go
struct V1Image {
    std::string id, parent, comment;
    go::Time created;
    std::string container;
    ContainerConfig container_config;
    std::string docker_version, author;
    std::optional<ContainerConfig> config;
    std::string architecture, variant, os;
    std::int64_t size = 0;
};

namespace go {
template <> const std::vector<Field<V1Image>> Fields<V1Image>::all;
}

struct RootFs {
    std::string type;
    go::Slice diff_ids;
};

struct History {
    go::Time created;
    std::string author, created_by, comment;
    bool empty_layer = false;
};

// What image.Image has beside V1Image.
struct ImageRest {
    std::optional<RootFs> rootfs;
    std::vector<History> history;
    std::string os_version;
    go::Slice os_features;
};

// Throws ferry::kit::JsonError, naming the member, for what Docker would not read.
V1Image read_v1_image(std::string_view config_json);

// Throws ferry::kit::JsonError, in words for the user, for a config that `docker load` refuses. Returns the operating
// system as the config spells it.
std::string require_docker_config(std::string_view config_json);

// The same, as a packer throws it: Error(FERRY_E_UNSUPPORTED), naming the image. Warns of a system that only later
// Dockers know by its spelling.
void require_docker_config(const ferry_image &image, const ferry::Op &op);

} // namespace packer
