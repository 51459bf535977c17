#include "base/task.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/result.h"
#include "base/sim/sim_world.h"

namespace varve {
namespace {

struct Noted {
  explicit Noted(bool& destroyed) : destroyed_(destroyed) {}
  ~Noted() { destroyed_ = true; }
  bool& destroyed_;
};

Task<int> add_later(SimClock& clock, int a, int b) {
  co_await clock.after(std::chrono::seconds(1));
  co_return a + b;
}

Task<int> sum_of_calls(SimClock& clock, int calls) {
  int sum = 0;
  for (int i = 0; i < calls; ++i) sum += co_await add_later(clock, i, 0);
  co_return sum;
}

Task<void> wait_for_ever(bool& destroyed) {
  Noted noted(destroyed);
  co_await kj::Promise<void>(kj::NEVER_DONE);
}

Task<void> outer(bool& outer_destroyed, bool& inner_destroyed) {
  Noted noted(outer_destroyed);
  co_await wait_for_ever(inner_destroyed);
}

Task<int> throw_std() {
  co_await kj::Promise<void>(kj::READY_NOW);
  throw std::runtime_error("out of cheese");
}

Task<int> catch_it() {
  try {
    co_return co_await throw_std();
  } catch (const kj::Exception& error) {
    co_return kj::StringPtr(error.getDescription()).endsWith("out of cheese") ? 1 : 2;
  }
}

Task<Result<int>> fail_second(int value) {
  co_await kj::Promise<void>(kj::READY_NOW);
  if (value == 2) co_return fail(ErrorCode::kRefused, "two");
  co_return value;
}

Task<Result<int>> add_results(int a, int b) {
  CO_ASSIGN_OR_RETURN(int first, co_await fail_second(a));
  CO_ASSIGN_OR_RETURN(int second, co_await fail_second(b));
  co_return first + second;
}

Task<std::uint64_t> many_ready_awaits(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) sum += co_await kj::Promise<std::uint64_t>(i);
  co_return sum;
}

TEST(Task, runs_at_once_to_its_first_wait_and_goes_on_later) {
  SimWorld world;
  kj::Promise<int> promise = add_later(world.clock(), 1, 2);
  EXPECT_FALSE(promise.poll(world.scope()));
  EXPECT_EQ(world.wait(kj::mv(promise)), 3);
  EXPECT_EQ(world.clock().now(), std::chrono::seconds(1));
}

TEST(Task, waits_again_and_again) {
  SimWorld world;
  EXPECT_EQ(world.wait(sum_of_calls(world.clock(), 1000)), 499500);
}

TEST(Task, does_not_deepen_the_stack_with_promises_that_are_ready) {
  SimWorld world;
  EXPECT_EQ(world.wait(many_ready_awaits(300'000)), 300'000ull * 299'999 / 2);
}

TEST(Task, is_destroyed_with_its_promise_and_all_it_waits_for) {
  SimWorld world;
  bool outer_destroyed = false;
  bool inner_destroyed = false;
  {
    kj::Promise<void> promise = outer(outer_destroyed, inner_destroyed);
    world.run_ready();
    EXPECT_FALSE(outer_destroyed);
  }
  EXPECT_TRUE(outer_destroyed);
  EXPECT_TRUE(inner_destroyed);
}

TEST(Task, carries_exceptions_through_awaits) {
  SimWorld world;
  EXPECT_EQ(world.wait(catch_it()), 1);
  EXPECT_THROW(world.wait(throw_std()), kj::Exception);
}

TEST(Task, returns_early_with_an_error) {
  SimWorld world;
  EXPECT_EQ(world.wait(add_results(1, 3)).value(), 4);
  EXPECT_EQ(world.wait(add_results(1, 2)).error().text(), "two");
  EXPECT_EQ(world.wait(add_results(2, 1)).error().text(), "two");
}

TEST(Task, works_with_joins_and_time_outs) {
  SimWorld world;
  bool destroyed = false;
  kj::Promise<void> never = wait_for_ever(destroyed);
  world.wait(never.exclusiveJoin(world.clock().after(std::chrono::seconds(3))));
  EXPECT_TRUE(destroyed);
}

}  // namespace
}  // namespace varve
