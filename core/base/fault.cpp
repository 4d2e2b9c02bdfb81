#include "core/base/fault.h"

#include <ferry/text.hpp>

#include <new>
#include <system_error>

namespace ferry::core {

Error shortage(Text what) {
    return {FERRY_E_NO_MEMORY, std::move(what),
            say("close other programs, or raise the limits of this process (ulimit -a; those of its container)")};
}

Error fault_of_ferry(Text what) {
    return {Kind::other, std::move(what), say("this is a fault of ferry: please report it with the log of --debug")};
}

Error current_error() {
    try {
        throw;
    } catch (const Error &e) {
        return lacks_resources(e) ? shortage(e.message) : e;
    } catch (const ferry::Error &e) {
        return e.code == FERRY_E_NO_MEMORY ? shortage(e.message) : Error::from(e);
    } catch (const std::bad_alloc &) {
        return shortage(say("there is not enough memory"));
    } catch (const std::system_error &e) {
        // What std::thread throws.
        if (e.code() == std::errc::resource_unavailable_try_again)
            return shortage(say("no other thread can be started: {}", e.code().message()));
        return fault_of_ferry(e.what());
    } catch (const std::exception &e) {
        return fault_of_ferry(e.what());
    } catch (...) {
        return fault_of_ferry(say("an exception of unknown type"));
    }
}

bool lacks_resources(const Error &error) noexcept {
    return error.status() == FERRY_E_NO_MEMORY;
}

} // namespace ferry::core
