#include "varve/rm_store.h"

namespace varve {

// On its own, so that a program that brings its own kind of engine need not link the usual one.
Result<std::unique_ptr<RmStore>> RmStore::open(Options options, RmOptions rm_options) {
  return open(std::move(options), std::move(rm_options),
              [](Options engine_options, StateMachine& state) { return Engine::open(std::move(engine_options), state); });
}

}  // namespace varve
