#include "journal/log_membership.h"

#include <algorithm>

#include "editlog/control.h"

namespace varve {

bool names_own_disk(const LocalLog& log) {
  const auto configuration = decode_configuration(as_bytes(log.configuration().bytes));
  return configuration && std::ranges::any_of(configuration->members, [&](const Member& m) { return m.disk == log.disk_id(); });
}

}  // namespace varve
