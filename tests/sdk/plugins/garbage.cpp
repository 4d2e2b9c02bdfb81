// A packer whose plan holds one entry that a host must refuse; its option `fault` says which.
#include <ferry/packer.hpp>

namespace {

void plan(const ferry::Images &images, const ferry::Config &config, const ferry::Op &op, ferry::Plan &out) {
    const std::string fault = config.get("fault");
    const std::string unknown = "sha256:" + std::string(64, '0');
    out.file("good", "bytes");
    if (fault == "traversal") return out.file("../escaped", "bytes");
    if (fault == "inner-traversal") return out.file("a/../../escaped", "bytes");
    if (fault == "dot") return out.file("./a", "bytes");
    if (fault == "absolute") return out.file("/tmp/escaped", "bytes");
    if (fault == "empty") return out.file("", "bytes");
    if (fault == "empty-part") return out.file("a//b", "bytes");
    if (fault == "nul") return out.file(std::string_view("a\0b", 3), "bytes");
    if (fault == "duplicate") return out.file("good", "other bytes");
    if (fault == "long") return out.file(std::string(5000, 'x'), "bytes");
    if (fault == "digest") return out.blob("blob", unknown);
    if (fault == "unpacked-digest") return out.unpacked("blob", unknown);
    if (fault == "no-digest") return out.blob("blob", "not a digest");
    if (fault == "symlink") return out.symlink("link", "../../etc/passwd");
    if (fault == "absolute-symlink") return out.symlink("link", "/etc/passwd");
    if (fault == "kind") return out.add(77, FERRY_FROM_INLINE, "kind", "bytes", 0644, 0);
    if (fault == "from") return out.add(FERRY_ENTRY_FILE, 77, "from", "bytes", 0644, 0);
    if (fault == "below-file") return out.file("good/below", "bytes");
    // Another plan at each call, though the images are the same.
    static int calls = 0;
    if (fault == "fickle") return out.file("call-" + std::to_string(++calls), "bytes");
    if (fault == "ignores-refusal") {
        try {
            out.file("../escaped", "bytes");
        } catch (const ferry::Error &) {
            op.warn("the host refused an entry, and this packer continues");
        }
        return;
    }
    if (fault == "many") {
        for (int i = 0; i < 2000000; ++i) out.file("many/" + std::to_string(i), "");
        return;
    }
    if (!fault.empty()) throw ferry::Error(FERRY_E_INVALID, "no fault is named '" + fault + "'");
    for (const ferry_image &image : images) out.file("image", ferry::view(image.config_json));
}

constexpr ferry_packer_v1 table = ferry::packer<plan>(".tar");
constexpr ferry_option options[] = {{"fault", nullptr, "What is wrong with the plan."}, {nullptr, nullptr, nullptr}};

} // namespace

FERRY_PLUGIN("garbage", "1.0.0", "a packer with a bad plan", "tests", options, FERRY_PACKER_V1, table)
