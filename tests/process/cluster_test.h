// What the tests with real journal nodes share: their verbs. Three daemons, each at an address of the loopback network that is its own, a
// writer process, and the record of what was promised outside of all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/process/journal_daemon.h"
#include "tests/process/writer_test.h"

namespace varve {

class ClusterTest : public WriterTest {
 protected:
  static constexpr const char* kJournal = "numbers";

  ClusterTest();
  void SetUp() override { begin(3); }
  // So many nodes with a new journal.
  void begin(std::size_t nodes);

  JournalDaemon& node(std::size_t index) { return *nodes_.at(index); }
  std::size_t nodes() const { return nodes_.size(); }
  // Before begin(): where the node lives; else it is a directory of its own on the common disk, at an address of its own.
  void place(std::size_t index, std::string directory, std::string address);
  void run_clients_by(std::vector<std::string> prefix) { client_prefix_ = std::move(prefix); }

  void start_node(std::size_t index);
  void kill_node(std::size_t index) { node(index).kill(); }

  Launch writer(const std::string& mode, std::vector<std::string> more = {}) const override;
  // Runs the writer from here on, and lets it get somewhere.
  void write(std::uint64_t count = 100, std::vector<std::string> more = {});
  // Every node, as a bystander sees them, gets all that is committed now; what is missing, or an empty string.
  std::string level();
  // Ends the nodes as an operator does and looks at what they leave: each log verifies, final segments of the same name are the same bytes;
  // what is wrong, or an empty string.
  std::string compare_files();

  // A moment in which nothing but the processes under test does anything.
  void pass(std::chrono::milliseconds time);

 private:
  std::string directory_of(std::size_t index) const;
  std::string address_of(std::size_t index) const;
  std::string url() const;

  const std::string network_;  // 127.x.y
  std::vector<std::unique_ptr<JournalDaemon>> nodes_;
  std::vector<std::string> client_prefix_;
};

}  // namespace varve
