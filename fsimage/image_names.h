// Names of image files: fsimage_<txid>, the txid in 19 digits; with .tmp while it is written, with .damaged when set aside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "varve/types.h"

namespace varve {

std::string image_name(TxId txid);
std::string image_tmp_name(TxId txid);
// The name for the n-th damaged image of this txid, from 1: .damaged, .damaged.2, ...
std::string image_damaged_name(TxId txid, unsigned n);

// The txid when `name` is exactly what the function above gives.
std::optional<TxId> parse_image_name(std::string_view name);
std::optional<TxId> parse_image_tmp_name(std::string_view name);

}  // namespace varve
