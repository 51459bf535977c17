// What `varve journal` was asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/view_options.h"

namespace varve {

struct JournalOptions {
  ViewOptions view;                // follow: what is printed, and how
  std::string journal;             // address
  std::string source;              // format --from; empty: none
  std::vector<std::string> words;  // what stands behind the address: a directory, HOST:PORTs
  std::optional<TxId> from;        // follow
  bool force = false;              // remove
  // PEM files; all or none.
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_authorities;
};

}  // namespace varve
