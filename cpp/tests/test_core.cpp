#ifdef __linux__
#include <pthread.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "pauca/core/cholesky.hpp"
#include "pauca/core/monitor.hpp"
#include "pauca/core/parallel.hpp"
#include "pauca/core/thin_product.hpp"
#include "testing.hpp"

using namespace pauca;

namespace {

constexpr double forever = std::numeric_limits<double>::infinity();

/// Counts polls and stops at the given one.
struct CountingMonitor : Monitor {
  explicit CountingMonitor(int stop_at) : stop_at(stop_at) {}
  using Monitor::set_eager;
  bool poll(const Progress& p) override {
    last = p;
    return ++polls < stop_at;
  }
  int stop_at, polls = 0;
  Progress last;
};

/// Works (sleeps) under the monitor; returns the seconds until it said stop.
double run_until_stopped(Monitor& monitor, double max_time) {
  monitor.start(max_time);
  while (monitor.next_iteration({3, 1.0, 2.0, 0.5}) && monitor.seconds() < 5.0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return monitor.seconds();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_core)

BOOST_AUTO_TEST_CASE(monitor_time_limit) {
  Monitor monitor;
  const double seconds = run_until_stopped(monitor, 0.1);
  BOOST_CHECK_GE(seconds, 0.1);
  BOOST_CHECK_LT(seconds, 1.0);
  BOOST_CHECK(monitor.reason() == Status::max_time);
  BOOST_CHECK(monitor.stop_requested());
  monitor.start(forever);
  BOOST_CHECK(!monitor.stop_requested());
  BOOST_CHECK(monitor.keep_going());
}

BOOST_AUTO_TEST_CASE(short_time_limits_are_kept_at_iterations) {
  Monitor monitor;
  monitor.start(1e-9);
  BOOST_CHECK(monitor.keep_going());
  BOOST_CHECK(!monitor.next_iteration({}));
  BOOST_CHECK(monitor.reason() == Status::max_time);
}

BOOST_AUTO_TEST_CASE(monitor_stops_when_poll_says_so) {
  CountingMonitor monitor(2);
  const double seconds = run_until_stopped(monitor, forever);
  BOOST_CHECK_EQUAL(monitor.polls, 2);
  BOOST_CHECK_LT(seconds, 1.0);
  BOOST_CHECK(monitor.reason() == Status::stopped);
  BOOST_CHECK_EQUAL(monitor.last.iteration, 3);
  BOOST_CHECK_EQUAL(monitor.last.criterion, 2.0);
  BOOST_CHECK(!monitor.keep_going());
  BOOST_CHECK_EQUAL(monitor.polls, 2);
}

BOOST_AUTO_TEST_CASE(monitor_does_not_poll_at_every_call) {
  CountingMonitor monitor(1000000);
  monitor.start(forever);
  for (int k = 0; k < 1000; ++k) monitor.keep_going();
  BOOST_CHECK_LT(monitor.polls, 100);
}

BOOST_AUTO_TEST_CASE(eager_monitor_polls_at_every_iteration) {
  CountingMonitor monitor(1000000);
  monitor.start(forever);
  monitor.set_eager(true);
  for (int k = 0; k < 25; ++k) {
    monitor.next_iteration({k, 0.0, 0.0, 0.0});
    BOOST_CHECK_EQUAL(monitor.last.iteration, k);
    monitor.keep_going();
  }
  BOOST_CHECK_EQUAL(monitor.polls, 25);
}

BOOST_AUTO_TEST_CASE(rng_reproduces_and_streams_differ) {
  Rng a(7), b(7), c(7, 1), d(8);
  int equal_stream = 0, equal_seed = 0;
  for (int k = 0; k < 1000; ++k) {
    const std::uint64_t x = a.next();
    BOOST_REQUIRE_EQUAL(x, b.next());
    equal_stream += x == c.next();
    equal_seed += x == d.next();
  }
  BOOST_CHECK_EQUAL(equal_stream, 0);
  BOOST_CHECK_EQUAL(equal_seed, 0);
}

BOOST_AUTO_TEST_CASE(rng_uniform_is_uniform) {
  // Chi-square with 99 degrees of freedom: mean 99, standard deviation 14.
  for (std::uint64_t stream : {0, 1, 2}) {
    Rng rng(11, stream);
    const int n = 100000, bins = 100;
    std::vector<int> count(bins);
    for (int k = 0; k < n; ++k) {
      const double u = rng.uniform();
      BOOST_REQUIRE(u >= 0.0 && u < 1.0);
      ++count[static_cast<int>(u * bins)];
    }
    double chi = 0.0;
    for (int c : count) chi += (c - n / bins) * (c - n / bins) / static_cast<double>(n / bins);
    BOOST_CHECK_GT(chi, 99 - 4 * 14);
    BOOST_CHECK_LT(chi, 99 + 4 * 14);
  }
}

BOOST_AUTO_TEST_CASE(rng_streams_are_uncorrelated) {
  const int n = 20000;
  for (std::uint64_t s : {1, 2, 17}) {
    Rng a(5, 0), b(5, s);
    double sum = 0.0;
    for (int k = 0; k < n; ++k) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
    BOOST_CHECK_LT(std::abs(12.0 * sum / n), 4.0 / std::sqrt(n));
  }
}

BOOST_AUTO_TEST_CASE(rng_below_covers_its_range) {
  Rng rng(3);
  std::vector<int> count(7);
  for (int k = 0; k < 70000; ++k) {
    const Index i = rng.below(7);
    BOOST_REQUIRE(i >= 0 && i < 7);
    ++count[i];
  }
  for (int c : count) BOOST_CHECK_LT(std::abs(c - 10000), 400);
}

BOOST_AUTO_TEST_CASE(rng_normal_moments) {
  Rng rng(4);
  const int n = 200000;
  double m1 = 0.0, m2 = 0.0, m4 = 0.0, tail = 0.0;
  for (int k = 0; k < n; ++k) {
    const double z = rng.normal();
    m1 += z / n;
    m2 += z * z / n;
    m4 += z * z * z * z / n;
    tail += (z > 1.959963985) / static_cast<double>(n);
  }
  BOOST_CHECK_SMALL(m1, 0.01);
  BOOST_CHECK_SMALL(m2 - 1.0, 0.015);
  BOOST_CHECK_SMALL(m4 - 3.0, 0.1);
  BOOST_CHECK_SMALL(tail - 0.025, 0.002);
}

BOOST_AUTO_TEST_CASE(shuffle_permutes_evenly) {
  Rng rng(9);
  std::vector<int> first(5);
  for (int k = 0; k < 10000; ++k) {
    std::vector<int> items{0, 1, 2, 3, 4};
    shuffle(items, rng);
    ++first[items[0]];
    std::sort(items.begin(), items.end());
    BOOST_REQUIRE(items == (std::vector<int>{0, 1, 2, 3, 4}));
  }
  for (int c : first) BOOST_CHECK_LT(std::abs(c - 2000), 200);
}

BOOST_AUTO_TEST_CASE(parallel_for_visits_each_index_once) {
  for (int threads : {1, 2, 4, 9}) {
    for (Index n : {0, 1, 5, 1000}) {
      std::vector<std::atomic<int>> visits(n);
      parallel_for(n, threads, [&](Index i) { ++visits[i]; });
      BOOST_CHECK(std::all_of(visits.begin(), visits.end(), [](const auto& v) { return v == 1; }));
    }
  }
}

BOOST_AUTO_TEST_CASE(parallel_for_results_do_not_depend_on_threads) {
  auto run = [](int threads) {
    std::vector<double> out(500);
    parallel_for(500, threads, [&](Index i) { out[i] = Rng(1, i).normal(); });
    return out;
  };
  BOOST_CHECK(run(1) == run(2));
  BOOST_CHECK(run(1) == run(7));
}

BOOST_AUTO_TEST_CASE(parallel_for_rethrows_and_skips_the_rest) {
  for (int threads : {1, 2, 4}) {
    std::atomic<int> done{0};
    auto body = [&](Index i) {
      if (i == 3) throw std::runtime_error("third");
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      ++done;
    };
    BOOST_CHECK_EXCEPTION(parallel_for(50000, threads, body), std::runtime_error,
                          [](const std::runtime_error& e) { return std::string(e.what()) == "third"; });
    BOOST_CHECK_LT(done, 25000);
  }
}

#ifdef __GLIBC__
BOOST_AUTO_TEST_CASE(parallel_for_does_with_the_threads_there_are) {
  // No system has room for stacks of this size: every thread that is asked for is refused.
  pthread_attr_t usual, huge;
  BOOST_REQUIRE_EQUAL(pthread_getattr_default_np(&usual), 0);
  BOOST_REQUIRE_EQUAL(pthread_getattr_default_np(&huge), 0);
  BOOST_REQUIRE_EQUAL(pthread_attr_setstacksize(&huge, std::size_t{1} << 46), 0);
  BOOST_REQUIRE_EQUAL(pthread_setattr_default_np(&huge), 0);
  BOOST_CHECK_THROW(std::thread([] {}).join(), std::system_error);
  std::vector<int> visits(100, 0);
  BOOST_CHECK_NO_THROW(parallel_for(100, 4, [&](Index i) { ++visits[i]; }));
  pthread_setattr_default_np(&usual);
  BOOST_CHECK(std::all_of(visits.begin(), visits.end(), [](int v) { return v == 1; }));
}
#endif

BOOST_AUTO_TEST_CASE(parallel_for_stops_when_between_says_so) {
  for (int threads : {1, 3}) {
    std::atomic<int> done{0};
    const auto caller = std::this_thread::get_id();
    int calls = 0;
    bool same_thread = true;
    auto body = [&](Index) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      ++done;
    };
    parallel_for(50000, threads, body, [&] {
      same_thread = same_thread && std::this_thread::get_id() == caller;
      return ++calls < 5;
    });
    BOOST_CHECK(same_thread);
    BOOST_CHECK_EQUAL(calls, 5);
    BOOST_CHECK_LT(done, 25000);
  }
}

BOOST_AUTO_TEST_CASE(cholesky_factors_the_lower_triangle) {
  for (Index n : {0, 1, 5, 64, 97, 260}) {
    const Matrix x = pauca::testing::random_matrix(n + 10, n, 31);
    const Matrix gram = x.transpose() * x;
    Matrix a = gram;
    a.triangularView<Eigen::StrictlyUpper>().setConstant(7.0);
    Monitor monitor;
    BOOST_REQUIRE(cholesky_in_place(a, monitor));
    const Matrix lower = a.triangularView<Eigen::Lower>();
    pauca::testing::check_close(lower * lower.transpose(), gram, 1e-12);
    for (Index j = 0; j < n; ++j) BOOST_CHECK((a.col(j).head(j).array() == 7.0).all());
  }
}

BOOST_AUTO_TEST_CASE(cholesky_refuses_what_has_no_factor) {
  Monitor monitor;
  for (Index bad : {0, 70, 199}) {
    Matrix a = Matrix::Identity(200, 200);
    a(bad, bad) = -1e-3;
    BOOST_CHECK(!cholesky_in_place(a, monitor));
  }
  monitor.start(0.0);
  while (monitor.keep_going()) {
  }
  Matrix a = Matrix::Identity(300, 300);
  BOOST_CHECK(!cholesky_in_place(a, monitor));
}

BOOST_AUTO_TEST_CASE(thin_products_add_to_what_is_there) {
  // Rows and columns that are no multiples of a block or of its lanes, of a matrix inside a larger one.
  const Matrix larger = testing::random_matrix(600, 140, 1);
  for (Index rows : {1, 7, 8, 255, 523})
    for (Index cols : {1, 2, 63, 129})
      for (Index count : {1, 4, 7, 13}) {
        const auto x = larger.block(3, 5, rows, cols);
        const Matrix d = testing::random_matrix(cols, count, 2), u = testing::random_matrix(rows, count, 3);
        Matrix z = testing::random_matrix(rows, count, 4), g = testing::random_matrix(cols, count, 5);
        const Matrix product = z + x * d, transposed = g + x.transpose() * u;
        thin_multiply(x, d, z);
        thin_transpose_multiply(x, u, g);
        BOOST_CHECK_SMALL((z - product).cwiseAbs().maxCoeff(), 1e-11);
        BOOST_CHECK_SMALL((g - transposed).cwiseAbs().maxCoeff(), 1e-11);
      }
}

BOOST_AUTO_TEST_SUITE_END()
