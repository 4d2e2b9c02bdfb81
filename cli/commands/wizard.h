// `ferry` without an image on a terminal: asks step by step for what a pull needs, as the tool before it did.
#pragma once

#include "core/job/pull.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace ferry::cli {

// The person who answers.
class Respondent {
public:
    virtual ~Respondent() = default;
    // What was typed, without blanks around it; nothing when there will be no more answers.
    virtual std::optional<std::string> answer(const std::string &question) = 0;
    virtual std::optional<std::string> secret(const std::string &question) = 0;
    virtual void tell(const std::string &line) = 0;
};

// What there is to choose from.
struct Choices {
    // Platforms of the image that the request names. Throws core::Error.
    std::function<std::vector<std::string>(const core::PullRequest &)> platforms;
    struct Format {
        std::string id, about; // of a packer
    };
    std::vector<Format> formats;
};

// Fills in image, registry, user, password, tag, platform and format; what the request has already is the default. An
// answer that cannot be is explained and asked for again, and so is an image or a login that the registry refuses.
// Throws core::Error when there are no more answers.
void ask_all(core::PullRequest &request, Respondent &person, const Choices &choices);

// The command that does the same without questions; no password is in it. Pure.
std::string command_line(const core::PullRequest &request);

// Asks at the terminal, with the platforms that the registry tells of and the formats of the plugins that there are.
void ask_at_terminal(core::PullRequest &request, const std::vector<std::string> &plugin_dirs,
                     const std::stop_token &stop);

} // namespace ferry::cli
