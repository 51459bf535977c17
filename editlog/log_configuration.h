#pragma once

#include <string>

#include "varve/types.h"

namespace varve {

// A configuration record in a log, or the one that its start carries.
struct LogConfiguration {
  TxId txid;          // of the record; of the start when there is none behind it
  std::string bytes;  // Configuration (control.capnp), canonical
};

}  // namespace varve
