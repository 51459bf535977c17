// The nodes of a copy-on-write B+-tree: leaves hold keys and records, inner nodes hold children, the smallest key that may stand
// in each, and how many records each holds.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "rm/record.h"

namespace varve::cow {

inline constexpr unsigned kFanout = 32;
inline constexpr unsigned kHeightMax = 12;  // of inner nodes: merging keeps them at 8 children or more, but for the outermost

struct Node {
  Node(Generation generation, bool leaf) : born(generation), is_leaf(leaf) {}
  Generation born;
  std::uint16_t count = 0;
  bool is_leaf;
};

template <typename Key>
struct Leaf : Node {
  explicit Leaf(Generation generation) : Node(generation, true) {}
  std::array<Key, kFanout> keys;
  std::array<Record*, kFanout> records;
};

template <typename Key>
struct Inner : Node {
  explicit Inner(Generation generation) : Node(generation, false) {}
  std::array<Key, kFanout> keys;  // keys[i] <= every key below children[i] < keys[i + 1]; keys[0] is not looked at
  std::array<Node*, kFanout> children;
  std::array<std::uint32_t, kFanout> counts;  // of records below
};

template <typename Key>
Leaf<Key>* as_leaf(Node* node) {
  return static_cast<Leaf<Key>*>(node);
}
template <typename Key>
const Leaf<Key>* as_leaf(const Node* node) {
  return static_cast<const Leaf<Key>*>(node);
}
template <typename Key>
Inner<Key>* as_inner(Node* node) {
  return static_cast<Inner<Key>*>(node);
}
template <typename Key>
const Inner<Key>* as_inner(const Node* node) {
  return static_cast<const Inner<Key>*>(node);
}

// Fetches what a search in the node may look at, all at once instead of step by step.
template <typename Key>
void prefetch(const Node* node) {
  constexpr std::size_t kCacheLine = 64;
  for (std::size_t offset = 0; offset < sizeof(Leaf<Key>); offset += kCacheLine)
    __builtin_prefetch(reinterpret_cast<const char*>(node) + offset);
}

// How many of the first `count` keys are smaller than `key`. The loop has no branch that depends on the keys.
template <typename Key>
unsigned lower_bound(const std::array<Key, kFanout>& keys, unsigned count, const Key& key) {
  unsigned first = 0;
  while (count > 0) {
    const unsigned half = count / 2;
    const bool smaller = keys[first + half] < key;
    first = smaller ? first + half + 1 : first;
    count = smaller ? count - half - 1 : half;
  }
  return first;
}

// The child below which `key` stands if it is there.
template <typename Key>
unsigned child_of(const Inner<Key>& inner, const Key& key) {
  unsigned first = 1;
  unsigned count = inner.count - 1u;
  while (count > 0) {
    const unsigned half = count / 2;
    const bool right = !(key < inner.keys[first + half]);
    first = right ? first + half + 1 : first;
    count = right ? count - half - 1 : half;
  }
  return first - 1;
}

template <typename Key>
std::uint32_t records_below(const Node* node) {
  if (node->is_leaf) return node->count;
  const auto* inner = as_inner<Key>(node);
  std::uint32_t sum = 0;
  for (unsigned i = 0; i < inner->count; i++) sum += inner->counts[i];
  return sum;
}

template <typename Key>
std::size_t node_bytes(const Node* node) {
  return node->is_leaf ? sizeof(Leaf<Key>) : sizeof(Inner<Key>);
}

// Frees the node alone.
template <typename Key>
void destroy_node(const void* object) {
  const auto* node = static_cast<const Node*>(object);
  if (node->is_leaf) {
    delete as_leaf<Key>(node);
  } else {
    delete as_inner<Key>(node);
  }
}

// Frees the node with everything below it, records too.
template <typename Key>
void destroy_tree(const Node* node) {
  if (node == nullptr) return;
  for (unsigned i = 0; i < node->count; i++) {
    if (node->is_leaf) {
      Record::destroy(as_leaf<Key>(node)->records[i]);
    } else {
      destroy_tree<Key>(as_inner<Key>(node)->children[i]);
    }
  }
  destroy_node<Key>(node);
}

// Opens a gap at `index`, or closes it, in the first `count` elements.
template <typename T>
void open_gap(std::array<T, kFanout>& items, unsigned count, unsigned index) {
  std::move_backward(items.begin() + index, items.begin() + count, items.begin() + count + 1);
}
template <typename T>
void close_gap(std::array<T, kFanout>& items, unsigned count, unsigned index) {
  std::move(items.begin() + index + 1, items.begin() + count, items.begin() + index);
}

}  // namespace varve::cow
