#include "cli/demo/demo.h"

#include "cli/demo/image.h"
#include "cli/line/language.h"
#include "cli/serve/registry.h"
#include "cli/serve/server.h"
#include "cli/show/shell.h"
#include "core/job/pull.h"
#include "core/os/temporary.h"

#include <ferry/text.hpp>

#include <cstdio>
#include <fstream>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

void step(const std::string &text) {
    std::fputs((text + "\n").c_str(), stderr);
}

void write_file(const std::string &path, const std::string &bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) throw Error(Kind::disk, say("cannot write {}", path));
}

// Reads the archive as another program would, and checks every digest in it. Returns how many there are.
std::size_t check_archive(const std::string &path, const DemoImage &image) {
    const auto file = core::real_disk().open_to_read(path);
    const core::Contents contents = core::read_contents(*file, "ferry-demo");
    for (const auto &[digest, place] : contents.blobs) core::verify_blob(*file, place, digest, [] {});
    if (!contents.blobs.count(image.config))
        throw Error(Kind::integrity, say("{} does not hold the image that was served", path));
    return contents.blobs.size();
}

} // namespace

int run_demo(const DemoArguments &arguments, std::stop_token stop, const std::function<int(core::PullRequest)> &pull) {
    const DemoImage image = make_demo_image();
    const core::TemporaryFolder shelf("ferry-demo-"); // what the demo's registry offers
    write_file(shelf.path() + "/ferry-demo.tar", image.archive);
    step(tr("1. A small image is made: {} for {}, {} layers.", image.name, image.platform.str(), image.layers));

    core::Store store(
        shelf.path(), [](const Error &) {}, std::move(stop));
    Registry registry(store, nullptr);
    const Server server(registry, "127.0.0.1:0", nullptr, {}, [](const Served &) {});
    step(tr("2. ferry serves it as a registry on {}, for this machine alone.", "http://" + server.address()));

    core::PullRequest request;
    request.images = {image.name};
    request.registry = "http://" + server.address();
    request.platform = image.platform.str();
    request.format = arguments.format;
    request.output = arguments.folder;
    request.transports = {"direct"}; // a proxy has no business here
    request.backend = "v2";
    step(tr("3. ferry pulls it from there, as it pulls any image:"));
    try {
        if (const int failed = pull(request)) return failed;
    } catch (Error &e) {
        if (e.kind() == Kind::disk && !arguments.by_option)
            e.remedy = say("check the folder, its permissions and its free space, or name another one: ferry demo DIR");
        throw;
    }

    const std::string path = request.output + "/ferry-demo_latest_" + image.platform.short_name() + ".tar";
    const std::size_t checked = check_archive(path, image);
    step(tr("4. The archive was read again: {} digests, all of them right.", checked));
    step("");
    step(tr("Next, for example:"));
    const bool layout = arguments.format == "oci";
    const auto show = [](const std::string &command, const std::string &what) {
        constexpr std::size_t column = 58;
        std::string line = "  " + command;
        line.append(line.size() < column ? column - line.size() : 1, ' ');
        step(line + "# " + what);
    };
    show(std::string(layout ? "podman" : "docker") + " load -i " + shell_word(path), tr("load it"));
    show(std::string(layout ? "podman" : "docker") + " run --rm ferry-demo", tr("run it: it prints a greeting"));
    show("ferry serve " + shell_word(arguments.folder), tr("offer the archives to docker pull, without internet"));
    show("ferry debian:bookworm -o ./images", tr("pull an image from Docker Hub"));
    show("ferry --help", tr("all options"));
    return 0;
}

} // namespace ferry::cli
