// Looks at the logs that journal nodes left, when nobody has them open.
#pragma once

#include <string>
#include <vector>

namespace varve {

// Each log verifies, and their final segments are the same files byte by byte; what is wrong, or an empty string.
std::string compare_logs(const std::vector<std::string>& directories);

}  // namespace varve
