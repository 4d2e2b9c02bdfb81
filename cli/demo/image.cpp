#include "cli/demo/image.h"

#include "core/archive/tar.h"
#include "core/base/digest.h"

#include <ferry/ferry.hpp>

#include <Poco/DeflatingStream.h>

#include <sstream>

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

std::string quoted(const std::string &text) {
    return ferry::json_string(text);
}

// An OCI layout as it grows.
class Layout {
public:
    // Returns the descriptor without its closing brace.
    std::string add(const std::string &type, const std::string &bytes) {
        const std::string digest = core::digest_of(bytes);
        blobs_ += member("blobs/sha256/" + std::string(core::digest_hex(digest)), bytes);
        return "{\"mediaType\":" + quoted(type) + ",\"digest\":" + quoted(digest) +
               ",\"size\":" + std::to_string(bytes.size());
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
    const std::string_view program(ferry_demo_program,
                                   static_cast<std::size_t>(ferry_demo_program_end - ferry_demo_program));
    const std::pair<std::string, std::string> contents[] = {
        {ended(member("hello", program, 0755, created_seconds)), "COPY hello /"},
        {ended(member("README.txt",
                      "The image of `ferry demo`. Its program, /hello, prints a greeting.\n"
                      "ferry demo 的镜像。其中的程序 /hello 会打印一句问候。\n",
                      0644, created_seconds)),
         "COPY README.txt /"}};
    Layout layout;
    std::string layers, diff_ids, history;
    for (const auto &[tar, step] : contents) {
        const std::string comma = image.layers++ ? "," : "";
        layers += comma + layout.add("application/vnd.oci.image.layer.v1.tar+gzip", gzip(tar)) + "}";
        diff_ids += comma + quoted(core::digest_of(tar));
        history += comma + "{\"created\":" + quoted(created) + ",\"created_by\":" + quoted(step) + "}";
    }
    const std::string variant = image.platform.variant.empty() ? "" : ",\"variant\":" + quoted(image.platform.variant);
    const std::string platform =
        "\"architecture\":" + quoted(image.platform.architecture) + ",\"os\":\"linux\"" + variant;
    const std::string config = "{\"created\":" + quoted(created) + ",\"author\":\"ferry demo\"," + platform +
                               ",\"config\":{\"Env\":[\"PATH=/\"],\"Cmd\":[\"/hello\"],\"WorkingDir\":\"/\"},"
                               "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" +
                               diff_ids + "]},\"history\":[" + history + "]}";
    image.config = core::digest_of(config);
    const std::string manifest = "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                                 "\"config\":" +
                                 layout.add("application/vnd.oci.image.config.v1+json", config) + "},\"layers\":[" +
                                 layers + "]}";
    image.archive = layout.finish(
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[" +
        layout.add("application/vnd.oci.image.manifest.v1+json", manifest) + ",\"platform\":{" + platform +
        "},\"annotations\":{\"io.containerd.image.name\":\"docker.io/library/ferry-demo:latest\","
        "\"org.opencontainers.image.ref.name\":\"latest\"}}]}");
    return image;
}

} // namespace ferry::cli
