#include "base/sim/sim_workers.h"

namespace varve {

kj::Promise<void> SimWorkers::run(std::function<void()> work) {
  return kj::evalLater([work = std::move(work)] { work(); }).eagerlyEvaluate(nullptr);  // as a real one: begins unasked
}

}  // namespace varve
