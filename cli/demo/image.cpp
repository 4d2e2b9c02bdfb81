#include "cli/demo/image.h"

#include "core/archive/tar.h"
#include "core/base/digest.h"

#include <ferry/kit/json.hpp>
#include <ferry/kit/media_types.hpp>

#include <Poco/DeflatingStream.h>

#include <sstream>
#include <vector>

// The linker puts the program's bytes here.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".globl ferry_demo_program\n"
    "ferry_demo_program:\n"
    ".incbin \"" FERRY_DEMO_PROGRAM "\"\n"
    ".globl ferry_demo_program_end\n"
    "ferry_demo_program_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" const char ferry_demo_program[], ferry_demo_program_end[];

namespace ferry::cli {

namespace {

constexpr const char *created = "2026-01-01T00:00:00Z";
constexpr std::int64_t created_seconds = 1767225600;

// What the compiler that builds ferry, and with it the program, makes code for.
core::Platform built_for() {
#if defined(__x86_64__)
    return {"linux", "amd64", ""};
#elif defined(__aarch64__)
    return {"linux", "arm64", "v8"};
#elif defined(__i386__)
    return {"linux", "386", ""};
#elif defined(__arm__)
    return {"linux", "arm", "v" + std::to_string(__ARM_ARCH > 7 ? 7 : __ARM_ARCH)};
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    return {"linux", "ppc64le", ""};
#elif defined(__riscv) && __riscv_xlen == 64
    return {"linux", "riscv64", ""};
#elif defined(__s390x__)
    return {"linux", "s390x", ""};
#elif defined(__loongarch64)
    return {"linux", "loong64", ""};
#elif defined(__mips64) && defined(__MIPSEL__)
    return {"linux", "mips64le", ""};
#else
#error "name this machine's platform here, as Go does (GOARCH)"
#endif
}

std::string member(const std::string &path, std::string_view content, std::uint32_t mode = 0644,
                   std::int64_t mtime = 0) {
    std::string out = core::tar_header(core::TarType::file, path, content.size(), mode, mtime);
    out += content;
    out.append(core::tar_padding(content.size()), '\0');
    return out;
}

std::string ended(std::string tar) {
    tar.append(core::tar_end_size, '\0');
    return tar;
}

std::string gzip(const std::string &bytes) {
    std::ostringstream out;
    Poco::DeflatingOutputStream stream(out, Poco::DeflatingStreamBuf::STREAM_GZIP, 9);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    return out.str();
}

struct Blob {
    std::string type, digest;
    std::size_t size;
};

// The members of a descriptor; its object is begun and ended by the caller.
kit::JsonWriter &write_members(kit::JsonWriter &out, const Blob &blob) {
    return out.member("mediaType", blob.type).member("digest", blob.digest).name("size").natural(blob.size);
}

kit::JsonWriter &write_members(kit::JsonWriter &out, const core::Platform &platform) {
    out.member("architecture", platform.architecture).member("os", platform.os);
    return platform.variant.empty() ? out : out.member("variant", platform.variant);
}

struct LayerSource {
    std::string tar, step; // and the command that a Dockerfile would make it with
};

std::vector<LayerSource> layer_sources() {
    const std::string_view program(ferry_demo_program,
                                   static_cast<std::size_t>(ferry_demo_program_end - ferry_demo_program));
    return {{ended(member("hello", program, 0755, created_seconds)), "COPY hello /"},
            {ended(member("README.txt",
                          "The image of `ferry demo`. Its program, /hello, prints a greeting.\n"
                          "ferry demo 的镜像。其中的程序 /hello 会打印一句问候。\n",
                          0644, created_seconds)),
             "COPY README.txt /"}};
}

std::string config_json(const core::Platform &platform, const std::vector<LayerSource> &layers) {
    kit::JsonWriter out;
    out.begin_object().member("created", created).member("author", "ferry demo");
    write_members(out, platform).name("config").begin_object();
    out.name("Env").begin_array().string("PATH=/").end_array();
    out.name("Cmd").begin_array().string("/hello").end_array().member("WorkingDir", "/").end_object();
    out.name("rootfs").begin_object().member("type", "layers").name("diff_ids").begin_array();
    for (const LayerSource &layer : layers) out.string(core::digest_of(layer.tar));
    out.end_array().end_object().name("history").begin_array();
    for (const LayerSource &layer : layers)
        out.begin_object().member("created", created).member("created_by", layer.step).end_object();
    return out.end_array().end_object().text();
}

std::string manifest_json(const Blob &config, const std::vector<Blob> &layers) {
    kit::JsonWriter out;
    out.begin_object()
        .name("schemaVersion")
        .integer(2)
        .member("mediaType", kit::oci_manifest)
        .name("config")
        .begin_object();
    write_members(out, config).end_object().name("layers").begin_array();
    for (const Blob &layer : layers) write_members(out.begin_object(), layer).end_object();
    return out.end_array().end_object().text();
}

std::string index_json(const Blob &manifest, const core::Platform &platform) {
    kit::JsonWriter out;
    out.begin_object().name("schemaVersion").integer(2);
    out.member("mediaType", kit::oci_index).name("manifests").begin_array().begin_object();
    write_members(out, manifest).name("platform").begin_object();
    write_members(out, platform).end_object().name("annotations").begin_object();
    out.member("io.containerd.image.name", "docker.io/library/ferry-demo:latest");
    out.member("org.opencontainers.image.ref.name", "latest").end_object();
    return out.end_object().end_array().end_object().text();
}

// The blobs of an OCI layout, as the members of its tar.
class Layout {
public:
    Blob add(std::string_view type, const std::string &bytes) {
        const std::string digest = core::digest_of(bytes);
        blobs_ += member("blobs/sha256/" + std::string(core::digest_hex(digest)), bytes);
        return {std::string(type), digest, bytes.size()};
    }
    std::string finish(const std::string &index) const {
        return ended(member("oci-layout", R"({"imageLayoutVersion":"1.0.0"})") + member("index.json", index) + blobs_);
    }

private:
    std::string blobs_;
};

} // namespace

DemoImage make_demo_image() {
    DemoImage image;
    image.name = "ferry-demo:latest";
    image.platform = built_for();
    const std::vector<LayerSource> sources = layer_sources();
    image.layers = sources.size();
    Layout layout;
    std::vector<Blob> layers;
    for (const LayerSource &source : sources)
        layers.push_back(layout.add(std::string(kit::oci_layer) + "+gzip", gzip(source.tar)));
    const Blob config = layout.add(kit::oci_config, config_json(image.platform, sources));
    image.config = config.digest;
    const Blob manifest = layout.add(kit::oci_manifest, manifest_json(config, layers));
    image.archive = layout.finish(index_json(manifest, image.platform));
    return image;
}

} // namespace ferry::cli
