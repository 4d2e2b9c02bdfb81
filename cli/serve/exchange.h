// What the server library asks its handler, and how it is answered: a request in, an answer out, and in between, where
// that takes long, work for threads in which no connection waits. Knows neither sockets nor what is served.
#pragma once

#include "core/os/file.h"

#include <ferry/text.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ferry::cli {

struct Request {
    std::string method;
    std::string target; // as it stands in the request line
    std::vector<std::pair<std::string, std::string>> fields;
    std::string client; // address

    // All values of a header field, joined by commas; empty when there is none. Case does not matter.
    std::string field(std::string_view name) const;
};

// The bytes [begin, end) of a file, which are sent only while the file is in that state.
struct FilePart {
    std::shared_ptr<core::File> file;
    core::FileState state;
    std::uint64_t begin = 0, end = 0;
};

struct Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers; // without Content-Length
    std::shared_ptr<const std::string> body;                  // unless there is a file; null is empty
    std::optional<FilePart> file;
    bool headers_only = false; // HEAD, 304: the body gives only its length

    std::uint64_t length() const; // of the body
};

// What the client asked for is not to be had: an HTTP status, a code of the OCI Distribution Specification, and words.
// Thrown.
struct Refusal {
    int status;
    std::string code;
    Text message;
    std::vector<std::pair<std::string, std::string>> headers = {};
};

// {"errors":[...]} of the specification.
Answer refused(const Refusal &refusal);

// What an answer needs first. Each kind has threads of its own, so that none waits for another.
struct Outcome;
struct Work {
    enum class Kind {
        answer,   // looks at the folder
        password, // hashes a password, which is made to be slow
        blob      // reads a whole blob
    };
    Kind kind = Kind::answer;
    std::string lane; // work of one lane is done one after another; empty: no matter when
    // [one-thread] Throws core::Error(interrupted) on a stop, and nothing else.
    std::function<Outcome()> run;
};

struct Outcome {
    std::variant<Answer, Work> is;
};

class Handler {
public:
    virtual ~Handler() = default;
    // Does not block and does not throw: what takes long is Work. [any-thread]
    virtual Outcome answer(Request request) = 0;
};

} // namespace ferry::cli
