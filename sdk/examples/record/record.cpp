// The transport `record`: writes every exchange of the transport below it into a folder, or answers from such a folder.
#include "tape.hpp"

namespace {

class Recorded final : public ferry::Response {
public:
    Recorded(std::unique_ptr<ferry::Response> inner, const std::string &folder, std::atomic<unsigned> &last,
             const ferry_request &request)
        : inner_(std::move(inner)), track_(folder, last, request, *inner_) {}

    int status() const noexcept override { return inner_->status(); }
    std::size_t header_count() const noexcept override { return inner_->header_count(); }
    ferry_header header_at(std::size_t index) const noexcept override { return inner_->header_at(index); }

    std::size_t read(const ferry::Op &op, void *buffer, std::size_t capacity) override {
        const std::size_t got = inner_->read(op, buffer, capacity);
        if (got)
            track_.write(buffer, got);
        else
            track_.end();
        return got;
    }

private:
    std::unique_ptr<ferry::Response> inner_;
    record::Track track_;
};

class Record final : public ferry::Transport {
public:
    Record(ferry::Config config, ferry_http next) : next_(next), folder_(config.get("dir")) {
        if (folder_.empty())
            throw ferry::Error(FERRY_E_INVALID, "record needs a folder for its recording: --opt record.dir=FOLDER");
        if (config.flag("replay"))
            tape_ = std::make_unique<record::Tape>(folder_);
        else if (!next_.table)
            throw ferry::Error(FERRY_E_INVALID, "record needs another transport below it, for example --transport "
                                                "record,direct; or --opt record.replay=yes to play " +
                                                    folder_ + " back");
    }

    std::unique_ptr<ferry::Response> open(const ferry::Op &op, const ferry_request &request) override {
        if (tape_) return tape_->answer(request);
        return std::make_unique<Recorded>(ferry::open(next_, op, request), folder_, last_, request);
    }

private:
    ferry_http next_;
    std::string folder_;
    std::atomic<unsigned> last_{0};
    std::unique_ptr<record::Tape> tape_;
};

constexpr ferry_option options[] = {
    {"dir", nullptr, "Folder of the recording. It holds what registries answered: keep it to yourself."},
    {"replay", "no", "Answer from the recording, and open no connection."},
    {nullptr, nullptr, nullptr}};
// At the bottom of a chain it can only play back.
constexpr ferry_transport_v1 table = ferry::transport<Record>(FERRY_TRANSPORT_BOTTOM);

} // namespace

FERRY_PLUGIN("record", "1.0.0", "Records exchanges and plays them back.", "example", options, FERRY_TRANSPORT_V1, table)
