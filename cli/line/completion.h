// The completions of the shells, made from the table of options. Pure but for the language.
#pragma once

#include "cli/line/options.h"

#include <string>
#include <vector>

namespace ferry::cli {

// For bash-completion (share/bash-completion/completions/ferry).
std::string bash_completion(const Program &program);
// For $fpath (share/zsh/site-functions/_ferry).
std::string zsh_completion(const Program &program);
// For share/fish/vendor_completions.d/ferry.fish.
std::string fish_completion(const Program &program);

// What stands for itself among the values of a completion: languages, platforms.
std::vector<std::string> fixed_words(Complete complete);
// The interface by which `ferry plugins list` shows what that value can be, or empty.
const char *interface_of(Complete complete);
// The command of a shell that prints those ids, one a line.
std::string ids_command(Complete complete);
// The first line of each file, behind its sign for a comment.
std::string completion_title(const std::string &shell);
std::string joined(const std::vector<std::string> &words, const std::string &between = " ");
// The only words that an operand can be, or none.
std::vector<std::string> words_of(const Operand &operand);

} // namespace ferry::cli
