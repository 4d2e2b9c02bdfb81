// The image of `ferry demo`, made on the spot: two layers around a static program that prints a greeting.
#pragma once

#include "core/image/platform.h"

#include <cstdint>
#include <string>

namespace ferry::cli {

struct DemoImage {
    std::string archive; // an OCI layout as a tar, always the same for one build of ferry
    std::string name;    // ferry-demo:latest
    core::Platform platform;
    std::string config; // its digest
    std::size_t layers = 0;
};

DemoImage make_demo_image();

} // namespace ferry::cli
