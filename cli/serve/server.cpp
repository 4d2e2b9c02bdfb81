#include "cli/serve/server.h"

#include "cli/serve/watch.h"

#include <ferry/text.hpp>

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>

#include <algorithm>
#include <vector>

namespace ferry::cli {

namespace {

namespace net = Poco::Net;
using core::Error;
using core::Kind;

constexpr std::size_t piece = 256 << 10;

struct Service {
    Registry &registry;
    ServerRules rules;
    std::function<void(const Served &)> served;
    Watch watch;
};

// All values of a field, as one.
std::string field_of(const net::HTTPRequest &request, const std::string &name) {
    std::string all;
    for (auto it = request.find(name); it != request.end() && Poco::icompare(it->first, name) == 0; ++it)
        all += (all.empty() ? "" : ", ") + it->second;
    return all;
}

class Handler final : public net::HTTPRequestHandler {
public:
    Handler(Service &service, Watch::Connection &watched) : service_(service), watched_(watched) {}

    void handleRequest(net::HTTPServerRequest &request, net::HTTPServerResponse &response) override {
        watched_.within(service_.rules.stall_seconds * 1000);
        Served done{request.clientAddress().host().toString(), request.getMethod(), request.getURI(), 0, 0};
        try {
            answer(request, response, done);
        } catch (const std::exception &) {
            // The client went away, or must not be kept: what it has it can tell is not whole.
            watched_.cut();
            response.setKeepAlive(false);
        }
        if (done.status) service_.served(done);
        watched_.within((service_.rules.idle_seconds + service_.rules.header_seconds) * 1000);
    }

private:
    void answer(net::HTTPServerRequest &request, net::HTTPServerResponse &response, Served &done) {
        // A body is not read, so what follows it cannot be told from a request.
        const bool has_body = request.getContentLength64() > 0 || request.getChunkedTransferEncoding() ||
                              request.has("Transfer-Encoding") || request.getExpectContinue();
        if (has_body) response.setKeepAlive(false);
        // Verifying a blob for the first time takes as long as it takes.
        watched_.forever();
        Answer out = service_.registry.answer(
            {done.method, done.target, [&](const std::string &name) { return field_of(request, name); }});
        watched_.within(service_.rules.stall_seconds * 1000);
        done.status = out.status;
        response.setStatus(static_cast<net::HTTPResponse::HTTPStatus>(out.status));
        response.setReason(net::HTTPResponse::getReasonForStatus(response.getStatus()));
        for (const auto &[name, value] : out.headers) response.add(name, value);
        const std::uint64_t length = out.blob ? out.end - out.begin : out.body.size();
        if (out.status != 304) response.setContentLength64(static_cast<Poco::Int64>(length));
        std::ostream &stream = response.send();
        if (!out.blob && !out.headers_only) {
            stream.write(out.body.data(), static_cast<std::streamsize>(out.body.size()));
            done.bytes = out.body.size();
        }
        stream.flush();
        if (!stream) throw net::NetException("the client is gone");
        if (!out.blob || out.headers_only) return;

        // Past Poco's stream, which copies 4 KiB at a time.
        net::StreamSocket socket = static_cast<net::HTTPServerRequestImpl &>(request).socket();
        core::Store::Opened &blob = *out.blob;
        std::vector<char> buffer(std::min<std::uint64_t>(piece, std::max<std::uint64_t>(length, 1)));
        for (std::uint64_t at = out.begin; at < out.end;) {
            const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), out.end - at);
            const std::size_t got = blob.file->read_at(blob.place.offset + at, buffer.data(), wanted);
            // Bytes that were written into the archive after it was verified are not sent.
            if (got != wanted || blob.file->state() != blob.state) throw net::NetException("the archive changed");
            watched_.within(service_.rules.stall_seconds * 1000);
            for (std::size_t sent = 0; sent < got;) {
                const int some = socket.sendBytes(buffer.data() + sent, static_cast<int>(got - sent));
                if (some <= 0) throw net::NetException("the client is gone");
                sent += static_cast<std::size_t>(some);
                done.bytes += static_cast<std::uint64_t>(some);
            }
            at += got;
        }
    }

    Service &service_;
    Watch::Connection &watched_;
};

class Handlers final : public net::HTTPRequestHandlerFactory {
public:
    Handlers(Service &service, const net::StreamSocket &socket)
        : service_(service), watched_(service.watch, socket.impl()->sockfd()) {
        watched_.within(service.rules.header_seconds * 1000);
    }
    net::HTTPRequestHandler *createRequestHandler(const net::HTTPServerRequest &) override {
        return new Handler(service_, watched_);
    }

private:
    Service &service_;
    Watch::Connection watched_;
};

class Connections final : public net::TCPServerConnectionFactory {
public:
    Connections(Service &service, net::HTTPServerParams::Ptr params) : service_(service), params_(std::move(params)) {}
    net::TCPServerConnection *createConnection(const net::StreamSocket &socket) override {
        return new net::HTTPServerConnection(socket, params_, new Handlers(service_, socket));
    }

private:
    Service &service_;
    net::HTTPServerParams::Ptr params_;
};

net::SocketAddress address_of(const std::string &listen) {
    const auto wrong = [&] {
        return Error(Kind::usage, say("'{}' is no address to listen on", listen),
                     say("use HOST:PORT, for example 127.0.0.1:5000, [::1]:5000, or :5000 for all addresses"));
    };
    const auto colon = listen.rfind(':');
    const std::string port = colon == listen.npos ? std::string() : listen.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos ||
        std::stoul(port) > 65535)
        throw wrong();
    std::string host = listen.substr(0, colon);
    if (host.empty()) host = "0.0.0.0";
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    try {
        return {host, static_cast<Poco::UInt16>(std::stoul(port))};
    } catch (const Poco::Exception &) {
        throw wrong();
    }
}

net::Context::Ptr context_of(const TlsFiles &files) {
    net::Context::Params params;
    params.certificateFile = files.certificate;
    params.privateKeyFile = files.key;
    params.verificationMode = net::Context::VERIFY_NONE; // of clients, who show none
    params.loadDefaultCAs = false;
    try {
        net::Context::Ptr context = new net::Context(net::Context::TLS_SERVER_USE, params);
        context->requireMinimumProtocol(net::Context::PROTO_TLSV1_2);
        context->enableSessionCache(false);
        return context;
    } catch (const Poco::Exception &e) {
        throw Error(
            Kind::usage,
            say("the certificate {} and the key {} cannot be used: {}", files.certificate, files.key, e.displayText()),
            say("both are PEM files; the key belongs to the certificate and has no password"));
    }
}

struct Ssl {
    explicit Ssl(bool wanted) : on(wanted) {
        if (on) net::initializeSSL();
    }
    ~Ssl() {
        if (on) net::uninitializeSSL();
    }
    Ssl(const Ssl &) = delete;
    Ssl &operator=(const Ssl &) = delete;
    bool on;
};

} // namespace

struct Server::State {
    State(Registry &registry, const std::string &listen, const std::unique_ptr<TlsFiles> &tls, ServerRules rules,
          std::function<void(const Served &)> served)
        : ssl(tls != nullptr), service{registry, rules, std::move(served), {}},
          pool("serve", 2, rules.most_connections) {
        const net::SocketAddress wanted = address_of(listen);
        const net::Context::Ptr context = tls ? context_of(*tls) : nullptr;
        net::ServerSocket socket;
        if (context) socket = net::SecureServerSocket(context);
        try {
            // Poco's constructor would share the port with whoever else shares it.
            socket.bind(wanted, true, false);
            socket.listen(64);
        } catch (const Poco::Exception &e) {
            throw Error(Kind::network, say("cannot listen on {}: {}", listen, e.displayText()),
                        say("choose another address with --listen HOST:PORT"));
        }
        const net::SocketAddress bound = socket.address();
        address = bound.toString();
        loopback = bound.host().isLoopback();
        net::HTTPServerParams::Ptr params = new net::HTTPServerParams;
        params->setMaxThreads(rules.most_connections);
        params->setMaxQueued(rules.most_connections);
        params->setTimeout(Poco::Timespan(rules.header_seconds, 0));
        params->setKeepAlive(true);
        params->setKeepAliveTimeout(Poco::Timespan(rules.idle_seconds, 0));
        params->setMaxKeepAliveRequests(0);
        server = std::make_unique<net::TCPServer>(new Connections(service, params), pool, socket, params);
        server->start();
    }
    ~State() {
        server->stop();
        service.watch.close_all();
        pool.joinAll();
    }

    Ssl ssl;
    Service service;
    Poco::ThreadPool pool;
    std::unique_ptr<net::TCPServer> server;
    std::string address;
    bool loopback = true;
};

Server::Server(Registry &registry, const std::string &listen, const std::unique_ptr<TlsFiles> &tls, ServerRules rules,
               std::function<void(const Served &)> served)
    : state_(std::make_unique<State>(registry, listen, tls, rules, std::move(served))) {}

Server::~Server() = default;

const std::string &Server::address() const noexcept {
    return state_->address;
}

bool Server::loopback() const noexcept {
    return state_->loopback;
}

} // namespace ferry::cli
