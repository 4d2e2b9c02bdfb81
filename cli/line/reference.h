// What the build makes of the table of options: the man page, and the completions of bash, zsh and fish. Pure but for
// the language.
#pragma once

#include <string>

namespace ferry::cli {

// ferry.1 in man(7), in the language that is spoken.
std::string man_page(const std::string &version);
// For bash-completion (share/bash-completion/completions/ferry).
std::string bash_completion();
// For $fpath (share/zsh/site-functions/_ferry).
std::string zsh_completion();
// For share/fish/vendor_completions.d/ferry.fish.
std::string fish_completion();

} // namespace ferry::cli
