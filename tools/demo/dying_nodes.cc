#include "tools/demo/dying_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/result.h"

namespace varve {
namespace {

constexpr unsigned kNodes = 3;
constexpr std::uint64_t kSegmentBytes = 32u << 20;

}  // namespace

Result<DyingNodes> DyingNodes::start(const std::string& directory, std::uint64_t seed) {
  ASSIGN_OR_RETURN(LocalCluster cluster, LocalCluster::start(directory, kNodes, kSegmentBytes));
  return DyingNodes(std::move(cluster), seed);
}

Result<void> DyingNodes::plan(std::uint64_t from, std::uint64_t upto, std::uint64_t stretch) {
  TRY(revive());
  dies_at_ = from + random_() % std::max<std::uint64_t>(upto - from, 1);
  back_at_ = dies_at_ + 1 + random_() % std::max<std::uint64_t>(stretch, 1);
  planned_ = true;
  return ok();
}

Result<void> DyingNodes::step(std::uint64_t acknowledged) {
  if (planned_ && down_ == 0 && acknowledged >= dies_at_) {
    planned_ = false;
    down_ = 1 + static_cast<unsigned>(random_() % kNodes);
    cluster_.node(down_).kill();
    ++kills_;
    fmt::print("kill -9 of journal node {} (number {:2}): {:9} transactions acknowledged; the other two go on\n", down_, kills_,
               acknowledged);
    std::fflush(stdout);
  }
  if (down_ != 0 && acknowledged >= back_at_) TRY(revive());
  return ok();
}

Result<void> DyingNodes::revive() {
  if (down_ == 0) return ok();
  TRY(cluster_.node(down_).start_again());
  fmt::print("journal node {} is started again, and gets what it missed\n", down_);
  std::fflush(stdout);
  down_ = 0;
  return ok();
}

}  // namespace varve
