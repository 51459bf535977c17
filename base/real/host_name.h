#pragma once

#include <string>

namespace varve {

// This machine's own, for people; "unknown" when it has none.
std::string host_name();

}  // namespace varve
