// When a frame is committed: protocol section 4. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "editlog/control.h"
#include "varve/types.h"

namespace varve {

// Voters that make a majority of this configuration.
std::size_t majority_of(const Configuration& configuration);
// Data nodes that must hold a frame before it is committed.
std::size_t copies_needed(const Configuration& configuration);

struct Acknowledgement {
  MemberRole role = MemberRole::kVoter;
  TxId txid;  // highest that this member proved in this reign; 0: none
};

// The highest txid that a majority of the voters, and as many data voters as must hold it, acknowledged; 0: none. One entry for each
// member.
TxId acknowledged_by_majority(const Configuration& configuration, std::vector<Acknowledgement> acknowledgements);

}  // namespace varve
