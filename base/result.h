// Working with Result<T>: early return, also out of coroutines.
#pragma once

#include "varve/error.h"

namespace varve {

inline Result<void> ok() {
  return {};
}

}  // namespace varve

#define VARVE_CONCAT_INNER(a, b) a##b
#define VARVE_CONCAT(a, b) VARVE_CONCAT_INNER(a, b)

// TRY(statement that gives Result<void>); returns its error to the caller.
#define TRY(expression)                                                                      \
  do {                                                                                       \
    auto try_result = (expression);                                                          \
    if (!try_result) return ::tl::unexpected<::varve::Error>(std::move(try_result.error())); \
  } while (false)

// ASSIGN_OR_RETURN(auto x, expression that gives Result<T>);
#define ASSIGN_OR_RETURN(target, expression)                                                         \
  auto VARVE_CONCAT(try_result_, __LINE__) = (expression);                                           \
  if (!VARVE_CONCAT(try_result_, __LINE__))                                                          \
    return ::tl::unexpected<::varve::Error>(std::move(VARVE_CONCAT(try_result_, __LINE__).error())); \
  target = std::move(*VARVE_CONCAT(try_result_, __LINE__))

// The same in a coroutine: CO_TRY(co_await file.sync());
#define CO_TRY(expression)                                                                      \
  do {                                                                                          \
    auto try_result = (expression);                                                             \
    if (!try_result) co_return ::tl::unexpected<::varve::Error>(std::move(try_result.error())); \
  } while (false)

#define CO_ASSIGN_OR_RETURN(target, expression)                                                         \
  auto VARVE_CONCAT(try_result_, __LINE__) = (expression);                                              \
  if (!VARVE_CONCAT(try_result_, __LINE__))                                                             \
    co_return ::tl::unexpected<::varve::Error>(std::move(VARVE_CONCAT(try_result_, __LINE__).error())); \
  target = std::move(*VARVE_CONCAT(try_result_, __LINE__))
