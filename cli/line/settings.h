// Settings from the properties file (Poco::Util): key = value lines, read raw.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ferry::cli {

// `path` given by --config must exist; the default one ($XDG_CONFIG_HOME/ferry/ferry.properties) need not. Throws
// core::Error(usage).
std::map<std::string, std::string> read_settings(const std::string &path, bool must_exist);

std::string default_settings_path();

// The options http_proxy, https_proxy, all_proxy and no_proxy of transports, from --proxy and --no-proxy or, where one
// is empty, from the variables, each in lower case first, then in capitals. HTTP_PROXY is not read where REQUEST_METHOD
// is set: there a web client's header `Proxy:` can set it (CGI; RFC 3875 section 4.1.18). `get` reads a variable
// (pure).
std::map<std::string, std::string> proxy_settings(const std::string &proxy, const std::string &no_proxy,
                                                  const std::function<std::string(const char *name)> &get);

// The parts between separators that are not empty.
std::vector<std::string> split_list(const std::string &text, char separator = ',');

} // namespace ferry::cli
