#include "editlog/frame_chain.h"

#include <fmt/format.h>

#include "base/check.h"

namespace varve {

std::optional<std::string> FrameChain::objection(const FrameHeader& header) const {
  if (header.lineage != lineage_) return fmt::format("expected lineage {}, found {}", lineage_, header.lineage);
  if (header.first() != next_txid()) return fmt::format("expected txid {}, found {}", next_txid().value, header.first_txid);
  if (Epoch{header.epoch} < epoch_) return fmt::format("expected an epoch of at least {}, found {}", epoch_.value, header.epoch);
  if (digest_ && header.previous != *digest_)
    return fmt::format("expected a frame that follows {}, found one that follows {}", to_hex(*digest_), to_hex(header.previous));
  return std::nullopt;
}

void FrameChain::advance(const FrameHeader& header) {
  CHECK(header.first() == next_txid() && Epoch{header.epoch} >= epoch_, header.first_txid, txid_.value, header.epoch, epoch_.value);
  txid_ = header.last();
  epoch_ = Epoch{header.epoch};
  digest_ = header.self;
}

}  // namespace varve
