#include "cli/serve/serve.h"

#include "cli/language/language.h"
#include "cli/serve/archive_registry.h"
#include "cli/serve/server.h"
#include "cli/show/message.h"
#include "core/base/tame.h"
#include "core/os/limits.h"
#include "core/os/temporary.h"

#include <ferry/text.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace ferry::cli {

namespace {

// As much as fits into a line that is read.
std::string shown(const std::string &text) {
    constexpr std::size_t most = 512;
    return core::tame(text.substr(0, most));
}

void say_served(const Served &one) {
    show_line(one.client + " " + shown(one.method) + " " + shown(one.target) + " " + std::to_string(one.status) + " " +
              std::to_string(one.bytes));
}

core::Store store_of(const ServeArguments &arguments, const std::stop_token &stop) {
    const auto warn = [](const core::Error &why) {
        show_line("ferry: " + tr("warning: {}", shown(tr(why.message))));
        if (!why.remedy.empty()) show_line("  -> " + shown(tr(why.remedy)));
    };
    const auto tell = [quiet = arguments.quiet](const Text &text) {
        if (!quiet) show_line(shown(tr(text)));
    };
    return core::Store(arguments.folder, warn, stop, {core::scratch_folder(), tell});
}

std::unique_ptr<Users> users_of(const ServeArguments &arguments) {
    if (arguments.hashes.empty() && arguments.secrets.empty()) return nullptr;
    return std::make_unique<Users>(arguments.hashes, arguments.secrets);
}

std::unique_ptr<TlsFiles> tls_of(const ServeArguments &arguments) {
    if (arguments.tls_certificate.empty()) return nullptr;
    return std::make_unique<TlsFiles>(TlsFiles{arguments.tls_certificate, arguments.tls_key});
}

// What can be pulled from `address`.
void show_offer(const core::Offer &offer, const std::string &folder, const std::string &address) {
    constexpr std::size_t most_shown = 10;
    std::vector<std::string> commands;
    for (const auto &[name, repository] : offer.repositories())
        for (const auto &[tag, digest] : repository.tags())
            commands.push_back("  docker pull " + address + "/" + name + ":" + tag);
    show_line(
        tr("{} images from {}, to be read only; new archives show at once; Ctrl-C ends it", commands.size(), folder));
    for (std::size_t i = 0; i < std::min(commands.size(), most_shown); ++i) show_line(commands[i]);
    if (commands.size() > most_shown) show_line(tr("  and {} more", commands.size() - most_shown));
}

void warn_of_exposure(const Server &server, bool tls, bool users) {
    if (server.loopback()) return;
    if (!tls)
        show_line("ferry: " + tr("warning: without --tls-cert everybody on the way can read and change what is "
                                 "transferred, and Docker asks for \"insecure-registries\" in its settings"));
    if (!users)
        show_line("ferry: " + tr("warning: everybody who reaches {} may pull; --htpasswd or -u asks for a password",
                                 server.address()));
}

void wait_for(const std::stop_token &stop) {
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    ended.wait(lock, stop, [] { return false; });
}

} // namespace

int run_serve(const ServeArguments &arguments, const std::stop_token &stop,
              const std::function<void(const std::string &)> &print) {
    core::Store store = store_of(arguments, stop);
    const std::unique_ptr<Users> users = users_of(arguments);
    const std::unique_ptr<TlsFiles> tls = tls_of(arguments);
    core::most_open_files(true);
    ArchiveRegistry registry(store, users.get());
    const Server server(registry, arguments.listen, tls, arguments.rules, [&](const Served &one) {
        if (!arguments.quiet) say_served(one);
    });
    const auto offer = store.look();
    print((tls ? "https://" : "http://") + server.address());
    if (!arguments.quiet) show_offer(*offer, arguments.folder, server.address());
    warn_of_exposure(server, tls != nullptr, users != nullptr);
    wait_for(stop);
    return 0;
}

} // namespace ferry::cli
