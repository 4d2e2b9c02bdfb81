#include "cli/demo/demo.h"

#include "cli/demo/image.h"
#include "cli/language/language.h"
#include "cli/serve/archive_registry.h"
#include "cli/serve/server.h"
#include "cli/show/message.h"
#include "cli/show/shell.h"
#include "core/job/pull.h"
#include "core/os/temporary.h"

#include <ferry/text.hpp>

#include <fstream>

namespace ferry::cli {

namespace {

using core::Error;
using core::Kind;

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

core::PullRequest request_for(const DemoArguments &arguments, const DemoImage &image, const std::string &registry) {
    core::PullRequest request;
    request.images = {image.name};
    request.registry = registry;
    request.platform = image.platform.str();
    request.format = arguments.format;
    request.output = arguments.folder;
    request.transports = {"direct"}; // a proxy has no business here
    request.backend = "v2";
    return request;
}

void show_next_steps(const DemoArguments &arguments, const std::string &path) {
    const std::string loader = arguments.format == "oci" ? "podman" : "docker";
    const auto show = [](const std::string &command, const std::string &what) {
        constexpr std::size_t column = 58;
        std::string line = "  " + command;
        line.append(line.size() < column ? column - line.size() : 1, ' ');
        show_line(line + "# " + what);
    };
    show_line(tr("Next, for example:"));
    show(loader + " load -i " + shell_word(path), tr("load it"));
    show(loader + " run --rm ferry-demo", tr("run it: it prints a greeting"));
    show("ferry serve " + shell_word(arguments.folder), tr("offer the archives to docker pull, without internet"));
    show("ferry debian:bookworm -o ./images", tr("pull an image from Docker Hub"));
    show("ferry --help", tr("all options"));
}

} // namespace

int run_demo(const DemoArguments &arguments, const std::stop_token &stop,
             const std::function<int(core::PullRequest)> &pull) {
    const DemoImage image = make_demo_image();
    const core::TemporaryFolder shelf("ferry-demo-"); // what the demo's registry offers
    write_file(shelf.path() + "/ferry-demo.tar", image.archive);
    show_line(tr("1. A small image is made: {} for {}, {} layers.", image.name, image.platform.str(), image.layers));

    core::Store store(
        shelf.path(), [](const Error &) {}, stop);
    ArchiveRegistry registry(store, nullptr);
    const Server server(registry, "127.0.0.1:0", nullptr, {}, [](const Served &) {});
    const std::string address = "http://" + server.address();
    show_line(tr("2. ferry serves it as a registry on {}, for this machine alone.", address));

    show_line(tr("3. ferry pulls it from there, as it pulls any image:"));
    try {
        if (const int failed = pull(request_for(arguments, image, address))) return failed;
    } catch (Error &e) {
        if (e.kind() == Kind::disk && !arguments.by_option)
            e.remedy = say("check the folder, its permissions and its free space, or name another one: ferry demo DIR");
        throw;
    }

    const std::string path = arguments.folder + "/ferry-demo_latest_" + image.platform.short_name() + ".tar";
    const std::size_t checked = check_archive(path, image);
    show_line(tr("4. The archive was read again: {} digests, all of them right.", checked));
    show_line("");
    show_next_steps(arguments, path);
    return 0;
}

} // namespace ferry::cli
