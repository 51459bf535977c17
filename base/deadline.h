// Gives up waiting.
#pragma once

#include <fmt/format.h>
#include <kj/async.h>

#include <chrono>
#include <string>

#include "base/clock.h"
#include "varve/error.h"

namespace varve {

// What `promise` gives, or kIo with "<doing>: no answer within <time> ms" once the time has passed; the promise is dropped then.
template <typename T>
kj::Promise<Result<T>> within(Clock& clock, std::chrono::nanoseconds time, kj::Promise<Result<T>> promise, std::string doing) {
  return promise.exclusiveJoin(clock.after(time).then([time, doing = std::move(doing)]() -> Result<T> {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    return fail(ErrorCode::kIo, fmt::format("{}: no answer within {} ms", doing, ms));
  }));
}

}  // namespace varve
