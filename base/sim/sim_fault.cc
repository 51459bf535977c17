#include "base/sim/sim_fault.h"

namespace varve {

bool SimFault::meets(std::uint64_t operation_number, const SimOperation& operation) {
  if (number && *number != operation_number) return false;
  if (op && *op != operation.op) return false;
  if (operation.path.find(path_part) == std::string::npos) return false;
  if (skip > 0) {
    --skip;
    return false;
  }
  if (times == 0) return false;
  if (times != kForever) --times;
  return true;
}

}  // namespace varve
