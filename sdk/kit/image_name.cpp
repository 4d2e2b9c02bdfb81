#include <ferry/kit/ascii.hpp>
#include <ferry/kit/image_name.hpp>

#include <algorithm>
#include <iterator>

namespace ferry::kit {

namespace {

constexpr std::string_view library = "library/";

bool lower_or_digit(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

bool one_word(std::string_view repository) noexcept {
    return repository.find('/') == repository.npos;
}

} // namespace

bool is_docker_hub(std::string_view host) noexcept {
    constexpr std::string_view hosts[] = {docker_hub, "index.docker.io", "registry-1.docker.io",
                                          "registry.hub.docker.com", "www.docker.io"};
    return std::find(std::begin(hosts), std::end(hosts), host) != std::end(hosts);
}

bool names_host(std::string_view part) noexcept {
    return part.find_first_of(".:") != part.npos || part == "localhost";
}

bool valid_repository_component(std::string_view part) noexcept {
    if (part.empty() || !lower_or_digit(part.front()) || !lower_or_digit(part.back())) return false;
    for (std::size_t i = 0; i < part.size();) {
        if (lower_or_digit(part[i])) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (!lower_or_digit(part[end])) {
            if (part[end] != '.' && part[end] != '_' && part[end] != '-') return false;
            ++end;
        }
        const std::string_view separator = part.substr(i, end - i);
        if (separator != "." && separator != "_" && separator != "__" && separator.find_first_not_of('-') != part.npos)
            return false;
        i = end;
    }
    return true;
}

bool valid_repository(std::string_view name) noexcept {
    if (name.size() > 255) return false;
    while (true) {
        const auto slash = std::min(name.find('/'), name.size());
        if (!valid_repository_component(name.substr(0, slash))) return false;
        if (slash == name.size()) return true;
        name.remove_prefix(slash + 1);
    }
}

std::string with_library(std::string_view repository) {
    return one_word(repository) ? std::string(library).append(repository) : std::string(repository);
}

std::string_view without_library(std::string_view repository) noexcept {
    return starts_with(repository, library) ? repository.substr(library.size()) : repository;
}

std::string ImageName::full() const {
    std::string_view host, path = repository;
    if (const auto slash = path.find('/'); slash != path.npos && names_host(path.substr(0, slash))) {
        host = path.substr(0, slash);
        path.remove_prefix(slash + 1);
    }
    const bool hub = host.empty() || host == "index.docker.io" || host == docker_hub;
    return std::string(hub ? docker_hub : host) + '/' + (hub ? with_library(path) : std::string(path)) + ':' + tag;
}

ImageName split_image_name(std::string_view text) {
    const auto slash = text.rfind('/');
    const auto colon = text.find(':', slash == text.npos ? 0 : slash);
    if (colon == text.npos) return {std::string(text), "latest"};
    return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

} // namespace ferry::kit
