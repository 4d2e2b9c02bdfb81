#include "cli/serve/connection.h"

#include "cli/language/language.h"
#include "core/base/error.h"

#include <ferry/text.hpp>

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <array>

namespace ferry::cli {

namespace {

constexpr std::uint64_t least_taken = 256 << 10; // within stall_seconds
constexpr std::uint64_t most_a_turn = 1 << 20;   // then others have their turn
constexpr std::uint64_t tail = 64 << 10;         // of a file, whose bytes are looked at before they are sent
constexpr std::uint64_t most_discarded = 8 << 20;
constexpr int parting_seconds = 5;

std::string head_of(const Answer &answer, bool keep, bool old) {
    const auto status = static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status);
    std::string out =
        "HTTP/1.1 " + std::to_string(answer.status) + ' ' + Poco::Net::HTTPResponse::getReasonForStatus(status) +
        "\r\nDate: " + Poco::DateTimeFormatter::format(Poco::Timestamp(), Poco::DateTimeFormat::HTTP_FORMAT) + "\r\n";
    for (const auto &[name, value] : answer.headers) out += name + ": " + value + "\r\n";
    if (answer.status != 304) out += "Content-Length: " + std::to_string(answer.length()) + "\r\n";
    if (!keep) out += "Connection: close\r\n";
    if (keep && old) out += "Connection: keep-alive\r\n";
    return out + "\r\n";
}

} // namespace

Connection::Connection(std::unique_ptr<Stream> stream, std::string client, bool turned_away, Handler &handler,
                       const ServerRules &rules, const std::function<void(const Served &)> &served)
    : stream_(std::move(stream)), handler_(handler), rules_(rules), report_(served), turned_away_(turned_away),
      client_(std::move(client)) {
    within(turned_away ? std::min(rules.header_seconds, parting_seconds) : rules.header_seconds);
    idle_since_ = Clock::now().time_since_epoch().count();
}

Connection::~Connection() {
    if (phase_ == Phase::sending) report_(served_);
}

void Connection::within(int seconds) {
    deadline_ = (Clock::now() + std::chrono::seconds(seconds)).time_since_epoch().count();
}

void Connection::idle() {
    phase_ = Phase::head;
    reader_ = {};
    if (in_.empty()) std::string().swap(in_);
    within(in_.empty() ? rules_.idle_seconds : rules_.header_seconds);
    if (in_.empty()) idle_since_ = Clock::now().time_since_epoch().count();
}

Connection::Wants Connection::wait(Io io) const {
    return io == Io::wants_read ? Wants::read : io == Io::wants_write ? Wants::write : Wants::close;
}

Connection::Wants Connection::turn() {
    std::uint64_t before = at_;
    while (true) {
        switch (phase_) {
        case Phase::handshake: {
            const Io io = stream_->begin();
            if (io == Io::foreign) {
                refuse_foreign(tr("this is a TLS port: write https:// instead of http://"),
                               "(plain http on a TLS port)");
                break;
            }
            if (io != Io::done) return wait(io);
            phase_ = Phase::head; // in the time that is left of the handshake's
            break;
        }
        case Phase::head:
            if (read_head()) break;
            {
                thread_local std::array<char, 16 << 10> buffer;
                const Moved got = stream_->read(buffer.data(), buffer.size());
                if (got.io != Io::done) return wait(got.io);
                if (in_.empty() && !first_) within(rules_.header_seconds);
                idle_since_ = never;
                in_.append(buffer.data(), got.bytes);
            }
            break;
        case Phase::working: return Wants::work;
        case Phase::sending: {
            const Io io = send_some();
            if (io != Io::done) return wait(io);
            if (phase_ == Phase::sending && at_ - before >= most_a_turn) return Wants::write;
            if (phase_ != Phase::sending) before = at_;
            break;
        }
        case Phase::parting: {
            std::array<char, 16 << 10> buffer;
            const Moved got = stream_->read(buffer.data(), buffer.size());
            if (got.io != Io::done) return wait(got.io);
            discarded_ += got.bytes;
            if (discarded_ > most_discarded) return Wants::close;
            break;
        }
        }
    }
}

// Is there a whole request, or something that cannot become one?
bool Connection::read_head() {
    if (in_.empty()) return false;
    // A hello of TLS: clients in Go recognise the answer and say that this is plain http.
    if (in_[0] == 22) {
        refuse_foreign(tr("this port speaks plain http: write http:// instead of https://"),
                       "(TLS on a plain http port)");
        return true;
    }
    try {
        const std::size_t end = reader_.end_of_head(in_);
        if (!end) return false;
        Head head = parse_head(std::string_view(in_).substr(0, end));
        in_.erase(0, end);
        ask(std::move(head));
    } catch (const Refusal &refusal) {
        refuse(refusal);
    }
    return true;
}

void Connection::ask(Head head) {
    first_ = false;
    keep_ = head.keep_alive && !turned_away_;
    old_ = head.old;
    served_ = {client_, head.request.method, head.request.target, 0, 0};
    if (turned_away_) {
        Answer busy = refused({503,
                               "TOOMANYREQUESTS",
                               say("too many connections: come again in {} seconds", rules_.retry_seconds),
                               {{"Retry-After", std::to_string(rules_.retry_seconds)}}});
        busy.headers_only = head.request.method == "HEAD";
        begin(std::move(busy));
        return;
    }
    head.request.client = client_;
    deadline_ = never; // what takes long now is ours
    finish(handler_.answer(std::move(head.request)));
}

void Connection::refuse(const Refusal &refusal) {
    keep_ = false;
    served_ = {client_, "-", in_.substr(0, std::min(in_.find('\r'), HeadReader::most_line)), 0, 0};
    begin(refused(refusal));
}

void Connection::refuse_foreign(const std::string &text, const std::string &what) {
    keep_ = false;
    served_ = {client_, "-", what, 0, 0};
    Answer answer;
    answer.status = 400;
    answer.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    answer.body = std::make_shared<const std::string>(text + "\n");
    begin(std::move(answer));
}

void Connection::finish(Outcome outcome) {
    if (auto *work = std::get_if<Work>(&outcome.is)) {
        work_ = std::move(*work);
        phase_ = Phase::working;
    } else {
        begin(std::move(std::get<Answer>(outcome.is)));
    }
}

void Connection::begin(Answer answer) {
    answer_ = std::move(answer);
    head_ = head_of(answer_, keep_, old_);
    served_.status = answer_.status;
    head_sent_ = taken_ = at_ = 0;
    if (answer_.headers_only) {
        answer_.file.reset();
        answer_.body.reset();
    }
    phase_ = Phase::sending;
    within(rules_.stall_seconds);
}

// Sends a piece; done when there is more to do, or a new phase has begun.
Io Connection::send_some() {
    const std::uint64_t end = answer_.length();
    if (head_sent_ < head_.size()) {
        const Moved some = stream_->write(head_.data() + head_sent_, head_.size() - head_sent_, at_ < end);
        head_sent_ += some.bytes;
        return some.io;
    }
    if (at_ < end) {
        if (answer_.file) return send_file();
        const Moved some = stream_->write(answer_.body->data() + at_, end - at_, false);
        sent(some.bytes);
        return some.io;
    }
    answered();
    return Io::done;
}

Io Connection::send_file() {
    FilePart &part = *answer_.file;
    const std::uint64_t offset = part.begin + at_, left = part.end - offset;
    try {
        Moved some;
        if (part.file->state() != part.state) return Io::ended;
        if (left > tail) {
            some = stream_->send_file(*part.file, offset, std::min(left - tail, most_a_turn));
        } else {
            // No answer becomes whole with bytes that were written into the file after it was verified.
            thread_local std::array<char, tail> buffer;
            if (part.file->read_at(offset, buffer.data(), left) != left) return Io::ended;
            if (part.file->state() != part.state) return Io::ended;
            some = stream_->write(buffer.data(), left, false);
        }
        sent(some.bytes);
        return some.io;
    } catch (const core::Error &) {
        return Io::ended; // the client sees that the answer is not whole
    }
}

void Connection::sent(std::uint64_t bytes) {
    at_ += bytes;
    served_.bytes += bytes;
    taken_ += bytes;
    if (taken_ < least_taken) return;
    taken_ = 0;
    within(rules_.stall_seconds);
}

void Connection::answered() {
    answer_ = {};
    std::string().swap(head_);
    report_(served_);
    if (keep_) {
        idle();
        return;
    }
    // Closing while bytes of the client wait would take back what it was sent.
    stream_->end_output();
    std::string().swap(in_);
    phase_ = Phase::parting;
    within(parting_seconds);
}

} // namespace ferry::cli
