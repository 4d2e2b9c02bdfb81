#include "cli/serve/serve.h"

#include "cli/line/language.h"
#include "cli/serve/registry.h"
#include "cli/serve/server.h"
#include "core/base/tame.h"
#include "core/os/limits.h"
#include "core/os/temporary.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace ferry::cli {

namespace {

// Of a request, as much as fits into a line that is read.
std::string shown(const std::string &text) {
    constexpr std::size_t most = 512;
    return core::tame(text.substr(0, most));
}

void say_line(const std::string &line) {
    std::fputs((line + "\n").c_str(), stderr);
}

} // namespace

int run_serve(const ServeArguments &arguments, const std::stop_token &stop,
              const std::function<void(const std::string &)> &print) {
    core::Store store(arguments.folder,
                      [](const core::Error &why) {
                          say_line("ferry: " + tr("warning: {}", shown(tr(why.message))));
                          if (!why.remedy.empty()) say_line("  -> " + shown(tr(why.remedy)));
                      },
                      stop, {core::scratch_folder(), [&](const Text &text) {
                                 if (!arguments.quiet) say_line(shown(tr(text)));
                             }});
    std::unique_ptr<Users> users;
    if (!arguments.hashes.empty() || !arguments.secrets.empty())
        users = std::make_unique<Users>(arguments.hashes, arguments.secrets);
    std::unique_ptr<TlsFiles> tls;
    if (!arguments.tls_certificate.empty())
        tls = std::make_unique<TlsFiles>(TlsFiles{arguments.tls_certificate, arguments.tls_key});
    core::most_open_files(true);
    Registry registry(store, users.get());
    const Server server(registry, arguments.listen, tls, arguments.rules, [&](const Served &one) {
        if (!arguments.quiet)
            say_line(one.client + " " + shown(one.method) + " " + shown(one.target) + " " + std::to_string(one.status) +
                     " " + std::to_string(one.bytes));
    });

    const auto offer = store.look();
    std::size_t images = 0;
    for (const auto &[name, repository] : offer->repositories()) images += repository.tags().size();
    print((tls ? "https://" : "http://") + server.address());
    if (!arguments.quiet) {
        say_line(tr("{} images from {}, to be read only; new archives show at once; Ctrl-C ends it", images,
                    arguments.folder));
        constexpr std::size_t most_shown = 10;
        std::size_t shown = 0;
        for (const auto &[name, repository] : offer->repositories())
            for (const auto &[tag, digest] : repository.tags())
                if (shown++ < most_shown) say_line("  docker pull " + server.address() + "/" + name + ":" + tag);
        if (shown > most_shown) say_line(tr("  and {} more", shown - most_shown));
    }
    if (!server.loopback() && !tls)
        say_line("ferry: " + tr("warning: without --tls-cert everybody on the way can read and change what is "
                                "transferred, and Docker asks for \"insecure-registries\" in its settings"));
    if (!server.loopback() && !users)
        say_line("ferry: " + tr("warning: everybody who reaches {} may pull; --htpasswd or -u asks for a password",
                                server.address()));
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    ended.wait(lock, stop, [] { return false; });
    return 0;
}

} // namespace ferry::cli
