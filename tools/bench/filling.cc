#include "tools/bench/filling.h"

#include <optional>
#include <semaphore>

#include "base/result.h"

namespace varve {

Result<void> fill(Engine& engine, std::uint64_t count, const TransactionSource& source) {
  std::optional<Error> error;  // the engine's thread, until the last one is done
  std::binary_semaphore last_done(0);
  for (std::uint64_t n = 0; n < count; ++n)
    engine.submit(source(n), [&error, &last_done, last = n + 1 == count](const Result<Committed>& done) {
      if (!done && !error) error = done.error();
      if (last) last_done.release();
    });
  if (count > 0) last_done.acquire();
  if (error) return fail(*error);
  return ok();
}

}  // namespace varve
