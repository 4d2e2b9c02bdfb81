#include "tape.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace record {

namespace {

constexpr std::size_t token_limit = 1 << 16; // a longer JSON document is no token service's answer

ferry::Error failed(const std::string &doing, const std::string &path, int error) {
    return {FERRY_E_IO, "record cannot " + doing + ' ' + path + ": " + std::strerror(error)};
}

// Users and passwords stay out of the recording.
std::string without_user(std::string url) {
    const auto begin = url.find("://");
    if (begin == std::string::npos) return url;
    const auto end = std::min(url.find_first_of("/?", begin + 3), url.size());
    const auto at = url.rfind('@', end);
    if (at != std::string::npos && at > begin && at < end) url.erase(begin + 3, at - begin - 2);
    return url;
}

std::string_view field_of(const ferry_request &request, std::string_view name) {
    for (std::size_t i = 0; i < request.header_count; ++i)
        if (ferry::Response::same_name(ferry::view(request.headers[i].name), name))
            return ferry::view(request.headers[i].value);
    return {};
}

std::string_view field_of(const Fields &fields, std::string_view name) {
    for (const auto &[field, value] : fields)
        if (ferry::Response::same_name(field, name)) return value;
    return {};
}

bool number(std::string_view text, std::uint64_t &value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// "000001": the number of an exchange is its place in the recording.
std::string numbered(unsigned number) {
    std::string digits = std::to_string(number);
    return std::string(6 - std::min<std::size_t>(6, digits.size()), '0') + digits;
}

// A token that anybody who reads the recording could use becomes the word "recorded".
std::string without_tokens(std::string json) {
    for (const char *name : {"\"token\"", "\"access_token\"", "\"refresh_token\"", "\"identity_token\""}) {
        for (std::size_t at = 0; (at = json.find(name, at)) != std::string::npos;) {
            at = json.find_first_not_of(" \t\r\n", at + std::strlen(name));
            if (at == std::string::npos) break;
            if (json[at] != ':' || (at = json.find_first_not_of(" \t\r\n", at + 1)) == std::string::npos ||
                json[at] != '"')
                continue;
            std::size_t end = at + 1;
            while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
            json.replace(at + 1, std::min(end, json.size()) - at - 1, "recorded");
        }
    }
    return json;
}

// Fields that frame the body, which a transport has taken off, or that are nobody else's business.
bool left_out(std::string_view name) {
    for (const char *one : {"Transfer-Encoding", "Connection", "Keep-Alive", "Set-Cookie"})
        if (ferry::Response::same_name(name, one)) return true;
    return false;
}

// An answer from a recording: its body lies in the parts, one file each.
class Replayed final : public ferry::Response {
public:
    Replayed(const Answer &answer, std::vector<Answer> parts, Range range, std::string url)
        : status_(answer.status), parts_(std::move(parts)), url_(std::move(url)) {
        at_ = range.first;
        end_ = answer.content ? std::min(range.last, answer.total - 1) + 1 : answer.size;
        whole_ = answer.content || answer.whole;
        for (const auto &field : answer.fields) {
            if (answer.content && (same_name(field.first, "Content-Length") || same_name(field.first, "Content-Range")))
                continue;
            fields_.push_back(field);
        }
        if (!answer.content) return;
        fields_.emplace_back("Content-Length", std::to_string(end_ - at_));
        if (status_ == 206)
            fields_.emplace_back("Content-Range", "bytes " + std::to_string(at_) + '-' + std::to_string(end_ - 1) +
                                                      '/' + std::to_string(answer.total));
    }

    int status() const noexcept override { return status_; }
    std::size_t header_count() const noexcept override { return fields_.size(); }
    ferry_header header_at(std::size_t index) const noexcept override {
        return {ferry::raw(fields_[index].first), ferry::raw(fields_[index].second)};
    }

    std::size_t read(const ferry::Op &op, void *buffer, std::size_t capacity) override {
        op.throw_if_cancelled();
        if (at_ == end_ && whole_) return 0;
        for (const Answer &part : parts_) {
            if (at_ < part.first || at_ >= part.first + part.size || at_ == end_) continue;
            const std::uint64_t offset = at_ - part.first;
            const auto size =
                static_cast<std::size_t>(std::min({std::uint64_t(capacity), part.size - offset, end_ - at_}));
            std::ifstream file(part.path, std::ios::binary);
            file.seekg(part.body + static_cast<std::streamoff>(offset));
            if (!file.read(static_cast<char *>(buffer), static_cast<std::streamsize>(size)))
                throw failed("read", part.path, errno);
            at_ += size;
            return size;
        }
        throw ferry::Error(FERRY_E_TRUNCATED,
                           "the recording of " + url_ + " ends after " + std::to_string(at_) + " bytes");
    }

private:
    int status_;
    std::vector<Answer> parts_;
    std::string url_;
    Fields fields_;
    std::uint64_t at_ = 0, end_ = 0;
    bool whole_ = false;
};

// Reads "NAME: VALUE" lines up to the empty one.
Fields read_fields(std::istream &file) {
    Fields fields;
    for (std::string line; std::getline(file, line) && !line.empty();) {
        const auto colon = line.find(": ");
        if (colon == std::string::npos) break;
        fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    return fields;
}

// The key of the exchange in that file, and its answer. Throws FERRY_E_INVALID.
std::pair<std::string, Answer> read_exchange(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw failed("read", path, errno);
    std::string line;
    std::getline(file, line);
    const auto end = line.rfind(" HTTP/1.1");
    const Fields asked = read_fields(file);
    Answer answer;
    answer.path = path;
    std::string status;
    std::getline(file, status);
    std::uint64_t code = 0;
    if (end == std::string::npos || status.rfind("HTTP/1.1 ", 0) != 0 ||
        !number(std::string_view(status).substr(9), code))
        throw ferry::Error(FERRY_E_INVALID, path + " is no recorded exchange");
    answer.status = static_cast<int>(code);
    answer.fields = read_fields(file);
    answer.body = static_cast<long>(file.tellg());
    file.seekg(0, std::ios::end);
    answer.size = static_cast<std::uint64_t>(file.tellg() - std::streamoff(answer.body));

    std::uint64_t length = 0;
    const bool told = number(field_of(answer.fields, "Content-Length"), length);
    answer.whole = path.size() > 5 && path.compare(path.size() - 5, 5, ".http") == 0;
    answer.whole = answer.whole || line.rfind("HEAD ", 0) == 0 || (told && answer.size == length);
    const std::string_view range = field_of(answer.fields, "Content-Range");
    const auto dash = range.find('-'), slash = range.find('/');
    if (line.rfind("GET ", 0) == 0 && answer.status == 206 && range.rfind("bytes ", 0) == 0 && dash < slash)
        answer.content = number(range.substr(6, dash - 6), answer.first) && slash != std::string_view::npos &&
                         number(range.substr(slash + 1), answer.total);
    if (line.rfind("GET ", 0) == 0 && answer.status == 200 && (told || answer.whole)) {
        // Without tokens a body may be longer or shorter than it was.
        answer.total = answer.whole ? answer.size : length;
        answer.content = answer.total > 0;
    }
    std::string key = line.substr(0, end) + ' ';
    return {key.append(field_of(asked, "Accept")), std::move(answer)};
}

} // namespace

Range range_of(const ferry_request &request) {
    const std::string_view text = field_of(request, "Range");
    Range range;
    if (text.empty()) return range;
    range.given = true;
    const auto dash = text.find('-');
    if (text.rfind("bytes=", 0) != 0 || dash == std::string_view::npos ||
        !number(text.substr(6, dash - 6), range.first) ||
        (dash + 1 < text.size() && !number(text.substr(dash + 1), range.last)) || range.last < range.first)
        throw ferry::Error(FERRY_E_UNSUPPORTED, "record knows no range like " + std::string(text));
    return range;
}

std::string key_of(const ferry_request &request) {
    return ferry::str(request.method) + ' ' + without_user(ferry::str(request.url)) + ' ' +
           std::string(field_of(request, "Accept"));
}

Track::Track(const std::string &folder, std::atomic<unsigned> &last, const ferry_request &request,
             const ferry::Response &response) {
    std::error_code error;
    if (std::filesystem::create_directories(folder, error))
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) throw ferry::Error(FERRY_E_IO, "record cannot make the folder " + folder + ": " + error.message());
    while (!file_) {
        path_ = folder + '/' + numbered(++last);
        if (std::filesystem::exists(path_ + ".http", error)) continue;
        file_ = std::fopen((path_ + ".cut").c_str(), "wbx");
        if (!file_ && errno != EEXIST) throw failed("write", path_ + ".cut", errno);
    }
    using std::filesystem::perms;
    std::filesystem::permissions(path_ + ".cut", perms::owner_read | perms::owner_write, error);
    std::string head = ferry::str(request.method) + ' ' + without_user(ferry::str(request.url)) + " HTTP/1.1\n";
    for (const char *name : {"Accept", "Range"})
        if (const auto value = field_of(request, name); !value.empty())
            head.append(name).append(": ").append(value).append("\n");
    head += "\nHTTP/1.1 " + std::to_string(response.status()) + '\n';
    for (std::size_t i = 0; i < response.header_count(); ++i) {
        const auto name = ferry::view(response.header_at(i).name), value = ferry::view(response.header_at(i).value);
        if (!left_out(name)) head.append(name).append(": ").append(value).append("\n");
    }
    try {
        put(head + '\n');
    } catch (...) {
        close();
        throw;
    }
    json_ = response.header("Content-Type").value_or("").rfind("application/json", 0) == 0;
}

Track::~Track() {
    try {
        spill();
    } catch (const ferry::Error &) { // the exchange is given up: what is missing is told when it is played back
    }
    close();
}

void Track::write(const void *bytes, std::size_t size) {
    const std::string text(static_cast<const char *>(bytes), size);
    if (!json_) return put(text);
    held_ += text;
    if (held_.size() > token_limit) spill();
}

void Track::end() {
    if (!file_) return;
    spill();
    if (std::fflush(file_) != 0) throw failed("write", path_ + ".cut", errno);
    close();
    if (std::rename((path_ + ".cut").c_str(), (path_ + ".http").c_str()) != 0)
        throw failed("write", path_ + ".http", errno);
}

void Track::spill() {
    json_ = false;
    if (held_.empty()) return;
    put(without_tokens(std::move(held_)));
    held_.clear();
}

void Track::put(const std::string &text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) throw failed("write", path_ + ".cut", errno);
}

void Track::close() noexcept {
    if (file_) std::fclose(file_);
    file_ = nullptr;
}

Tape::Tape(const std::string &folder) : folder_(folder) {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".http" || entry.path().extension() == ".cut")
            paths.push_back(entry.path().string());
    if (error) throw ferry::Error(FERRY_E_IO, "record cannot read " + folder + ": " + error.message());
    if (paths.empty()) throw ferry::Error(FERRY_E_INVALID, folder + " holds no recording");
    std::sort(paths.begin(), paths.end());
    for (const auto &path : paths) {
        auto [key, answer] = read_exchange(path);
        series_[key].answers.push_back(std::move(answer));
    }
}

std::unique_ptr<ferry::Response> Tape::answer(const ferry_request &request) {
    const std::string url = without_user(ferry::str(request.url));
    const std::string shown =
        ferry::str(request.method) + ' ' + url.substr(0, url.find('?')); // a query may be a signature
    const std::lock_guard lock(mutex_);
    const auto found = series_.find(key_of(request));
    if (found == series_.end())
        throw ferry::Error(FERRY_E_NOT_FOUND, "the recording in " + folder_ + " has no answer to " + shown);
    Series &series = found->second;
    const Answer &answer = series.answers[std::min(series.next, series.answers.size() - 1)];
    if (series.next < series.answers.size()) ++series.next;
    if (!answer.content) return std::make_unique<Replayed>(answer, std::vector{answer}, Range(), shown);
    std::vector<Answer> parts;
    for (const Answer &one : series.answers)
        if (one.content) parts.push_back(one);
    const Range range = answer.status == 206 ? range_of(request) : Range();
    if (range.first >= answer.total)
        throw ferry::Error(FERRY_E_NOT_FOUND, "the recording in " + folder_ + " of " + shown + " is only " +
                                                  std::to_string(answer.total) + " bytes long");
    Answer shaped = answer;
    if (!range.given) shaped.status = 200;
    return std::make_unique<Replayed>(shaped, std::move(parts), range, shown);
}

} // namespace record
