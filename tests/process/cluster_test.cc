#include "tests/process/cluster_test.h"

#include <signal.h>

#include "tests/process/log_directories.h"

namespace varve {

ClusterTest::ClusterTest() : network_("127." + std::to_string(1 + below(250)) + "." + std::to_string(below(250)) + ".") {}

std::string ClusterTest::directory_of(std::size_t index) const {
  return home() + "/n" + std::to_string(index + 1);
}

std::string ClusterTest::address_of(std::size_t index) const {
  return network_ + std::to_string(index + 1) + ":8485";
}

void ClusterTest::place(std::size_t index, std::string directory, std::string address) {
  if (nodes_.size() <= index) nodes_.resize(index + 1);
  if (directory.empty()) directory = directory_of(index);
  if (address.empty()) address = address_of(index);
  nodes_[index] = std::make_unique<JournalDaemon>("n" + std::to_string(index + 1), std::move(directory), std::move(address));
}

void ClusterTest::begin(std::size_t nodes) {
  for (std::size_t i = 0; i < nodes; ++i)
    if (i >= nodes_.size() || nodes_[i] == nullptr) place(i, "", "");
  for (std::size_t i = 0; i < nodes; ++i) node(i).launch();
  for (std::size_t i = 0; i < nodes; ++i) ASSERT_TRUE(node(i).wait_until_ready()) << node(i).process().output();
  const Ran formatted = run(writer("format"));
  ASSERT_EQ(formatted.status, 0) << formatted.output;
}

void ClusterTest::start_node(std::size_t index) {
  node(index).launch();
  ASSERT_TRUE(node(index).wait_until_ready()) << node(index).process().output() << node(index).process().threads();
}

std::string ClusterTest::url() const {
  std::string hosts;
  for (const auto& node : nodes_) hosts += (hosts.empty() ? "" : ",") + node->address();
  return "quorum://" + hosts + "/" + kJournal;
}

Launch ClusterTest::writer(const std::string& mode, std::vector<std::string> more) const {
  Launch launch;
  launch.command = client_prefix_;
  for (const std::string& word : {std::string(VARVE_CLUSTER_WRITER), mode, url()}) launch.command.push_back(word);
  if (mode == "format" || mode == "level") return launch;
  launch.command.push_back(record_path());
  launch.command.insert(launch.command.end(), options.begin(), options.end());
  launch.command.insert(launch.command.end(), more.begin(), more.end());
  return launch;
}

void ClusterTest::write(std::uint64_t count, std::vector<std::string> more) {
  start(writer("write", std::move(more)));
  wait_for_acknowledged(count);
}

std::string ClusterTest::level() {
  const Ran ran = run(writer("level"));
  if (ran.status == 0) return "";
  std::string text = ran.output;
  for (const auto& node : nodes_) text += node->name() + " says:\n" + (node->runs() ? node->process().output() : "nothing\n");
  return text;
}

std::string ClusterTest::compare_files() {
  std::vector<std::string> directories;
  for (const auto& node : nodes_) {
    if (node->terminate() != 0) return node->name() + " did not end well: " + node->process().output();
    directories.push_back(node->directory() + "/" + kJournal);
  }
  return compare_logs(directories);
}

void ClusterTest::pass(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  process().wait_until([&] { return std::chrono::steady_clock::now() >= until; });
}

}  // namespace varve
