// Task<T>: C++20 coroutines over KJ promises.
//
// KJ 0.9 has no coroutines of its own, and g++ 12 fails on a coroutine whose return type has a destructor that may throw,
// as kj::Promise's may. Task<T> is that return type with a noexcept destructor; it converts to kj::Promise<T>.
//
//   Task<Result<void>> close() { co_await file_->sync(); co_return ok(); }
//
// Threads:    the event loop's.
// Start:      the body runs at once, until its first co_await of something.
// Cancelling: destroying the Task (or the promise made of it) destroys the coroutine's frame, and what it was waiting for.
// Rules:      parameters by value or references that outlive the task, never references to temporaries;
//             no co_await inside a condition that holds temporaries: name the result first;
//             no aggregate made in braces within a co_await expression: g++ 12 destroys it twice. Name it first.
#pragma once

#include <kj/async.h>
#include <kj/debug.h>
#include <kj/exception.h>

#include <coroutine>
#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace varve {

template <typename T>
class Task;

namespace task_detail {

// A kj::Promise whose destructor does not throw. Raw storage, because a member of type kj::Promise, even below a destructor
// that says noexcept, is what g++ 12 does not survive in a coroutine's promise object or return type.
template <typename T>
class QuietPromise {
 public:
  explicit QuietPromise(kj::Promise<T>&& promise) noexcept { new (&storage_) kj::Promise<T>(kj::mv(promise)); }
  QuietPromise(QuietPromise&& other) noexcept { new (&storage_) kj::Promise<T>(kj::mv(other.get())); }
  QuietPromise& operator=(QuietPromise&& other) noexcept {
    get() = kj::mv(other.get());
    return *this;
  }
  ~QuietPromise() noexcept { get().~Promise(); }

  kj::Promise<T>& get() { return *std::launder(reinterpret_cast<kj::Promise<T>*>(&storage_)); }

 private:
  alignas(kj::Promise<T>) unsigned char storage_[sizeof(kj::Promise<T>)];
};

// The part of a coroutine's promise object that does not depend on its result.
class PromiseBase {
 public:
  PromiseBase() noexcept : finished_(nullptr), waiting_(nullptr) {}
  PromiseBase(const PromiseBase&) = delete;

  std::suspend_never initial_suspend() noexcept { return {}; }
  std::suspend_always final_suspend() noexcept { return {}; }

  // Takes over what the coroutine waits for now. What it waited for before is running the resumption at this very moment and
  // must not be destroyed in its own callback: it is kept until the next one.
  void wait_for(kj::Promise<void> promise) {
    finished_ = kj::mv(waiting_);
    waiting_ = QuietPromise<void>(kj::mv(promise));
  }
  // The coroutine is being destroyed where it waits: what it waits for goes first, since it may use the coroutine's variables.
  void stop_waiting() noexcept { waiting_ = QuietPromise<void>(nullptr); }

 private:
  QuietPromise<void> finished_;
  QuietPromise<void> waiting_;
};

template <typename U>
class Awaiter {
 public:
  Awaiter(PromiseBase& owner, kj::Promise<U>&& promise) : owner_(owner), promise_(kj::mv(promise)) {}
  Awaiter(const Awaiter&) = delete;
  ~Awaiter() noexcept {
    if (!resumed_) owner_.stop_waiting();
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    owner_.wait_for(promise_
                        .then(
                            [this, coroutine](U&& value) {
                              value_.emplace(kj::mv(value));
                              coroutine.resume();
                            },
                            [this, coroutine](kj::Exception&& error) {
                              error_.emplace(kj::mv(error));
                              coroutine.resume();
                            })
                        .eagerlyEvaluate(nullptr));
  }
  U await_resume() {
    resumed_ = true;
    if (error_) kj::throwFatalException(kj::mv(*error_));
    return kj::mv(*value_);
  }

 private:
  PromiseBase& owner_;
  kj::Promise<U> promise_;
  std::optional<U> value_;
  std::optional<kj::Exception> error_;
  bool resumed_ = false;
};

template <>
class Awaiter<void> {
 public:
  Awaiter(PromiseBase& owner, kj::Promise<void>&& promise) : owner_(owner), promise_(kj::mv(promise)) {}
  Awaiter(const Awaiter&) = delete;
  ~Awaiter() noexcept {
    if (!resumed_) owner_.stop_waiting();
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    owner_.wait_for(promise_
                        .then([coroutine]() { coroutine.resume(); },
                              [this, coroutine](kj::Exception&& error) {
                                error_.emplace(kj::mv(error));
                                coroutine.resume();
                              })
                        .eagerlyEvaluate(nullptr));
  }
  void await_resume() {
    resumed_ = true;
    if (error_) kj::throwFatalException(kj::mv(*error_));
  }

 private:
  PromiseBase& owner_;
  kj::Promise<void> promise_;
  std::optional<kj::Exception> error_;
  bool resumed_ = false;
};

template <typename T>
class ReturnPromise;

// Ties the coroutine's frame to the KJ promise that its caller holds: who drops the promise destroys the frame.
template <typename T>
class FrameOwner {
 public:
  FrameOwner(kj::PromiseFulfiller<T>& fulfiller, ReturnPromise<T>& promise)
      : frame_(std::coroutine_handle<ReturnPromise<T>>::from_promise(promise)) {
    promise.set_fulfiller(fulfiller);
  }
  ~FrameOwner() noexcept { frame_.destroy(); }
  KJ_DISALLOW_COPY(FrameOwner);

 private:
  std::coroutine_handle<ReturnPromise<T>> frame_;
};

template <typename T>
class Returning : public PromiseBase {
 public:
  template <typename U>
  void return_value(U&& value) {
    fulfiller_->fulfill(T(std::forward<U>(value)));
  }

 protected:
  kj::PromiseFulfiller<T>* fulfiller_ = nullptr;
};

template <>
class Returning<void> : public PromiseBase {
 public:
  void return_void() { fulfiller_->fulfill(); }

 protected:
  kj::PromiseFulfiller<void>* fulfiller_ = nullptr;
};

template <typename T>
class ReturnPromise : public Returning<T> {
 public:
  Task<T> get_return_object();
  void set_fulfiller(kj::PromiseFulfiller<T>& fulfiller) { this->fulfiller_ = &fulfiller; }
  void unhandled_exception() {
    try {
      throw;
    } catch (kj::Exception& error) {
      this->fulfiller_->reject(kj::mv(error));
    } catch (const std::exception& error) {
      this->fulfiller_->reject(KJ_EXCEPTION(FAILED, error.what()));
    } catch (...) {
      this->fulfiller_->reject(KJ_EXCEPTION(FAILED, "an exception of unknown type"));
    }
  }

  template <typename U>
  Awaiter<U> await_transform(kj::Promise<U>&& promise) {
    return Awaiter<U>(*this, kj::mv(promise));
  }
  template <typename U>
  Awaiter<U> await_transform(Task<U>&& task) {
    return Awaiter<U>(*this, kj::Promise<U>(kj::mv(task)));
  }
};

}  // namespace task_detail

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = task_detail::ReturnPromise<T>;

  explicit Task(kj::Promise<T>&& promise) noexcept : promise_(kj::mv(promise)) {}
  Task(Task&&) noexcept = default;
  Task& operator=(Task&&) = delete;

  // NOLINTNEXTLINE(google-explicit-constructor): a Task stands wherever a kj::Promise is asked for.
  operator kj::Promise<T>() && { return kj::mv(promise_.get()); }

  T wait(kj::WaitScope& scope) && { return promise_.get().wait(scope); }

 private:
  task_detail::QuietPromise<T> promise_;
};

template <typename T>
Task<T> task_detail::ReturnPromise<T>::get_return_object() {
  return Task<T>(kj::newAdaptedPromise<T, FrameOwner<T>>(*this));
}

}  // namespace varve
