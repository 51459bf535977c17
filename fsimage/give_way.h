// How the work on an image leaves the disk to a log on the same disk: in small pieces, with a pause before each.
#pragma once

#include <kj/async.h>

#include <cstddef>
#include <functional>

namespace varve {

// Called before each piece of at most kGiveWayBytes; the piece is due when the promise is. Empty: nobody is in the way, pieces are large.
using GiveWay = std::function<kj::Promise<void>()>;
inline constexpr std::size_t kGiveWayBytes = 128u << 10;

}  // namespace varve
