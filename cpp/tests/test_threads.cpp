// Solves side by side in one process, each with threads of its own: what ThreadSanitizer looks at.

#include <functional>
#include <thread>
#include <vector>

#include "pauca/bcd/solve.hpp"
#include "pauca/core/parallel.hpp"
#include "pauca/design/csc.hpp"
#include "pauca/design/dense.hpp"
#include "pauca/loss/registry.hpp"
#include "pauca/nmf/em.hpp"
#include "pauca/nmf/factorisation.hpp"
#include "pauca/nmf/row_matrix.hpp"
#include "pauca/sbl/solver.hpp"
#include "pauca/screening/screener.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::testing;

namespace {

/// A front end: counts its polls, and stops the solve at one of them.
class Watching : public Monitor {
 public:
  explicit Watching(int stop_at = -1) : stop_at_(stop_at) { set_eager(true); }
  int polls() const { return polls_; }

 protected:
  bool poll(const Progress&) override { return ++polls_ != stop_at_; }

 private:
  int polls_ = 0, stop_at_;
};

using Job = std::function<Matrix(Monitor&)>;

Settings settings_of(Index max_iter) {
  Settings s;
  s.tol = 1e-8;
  s.max_iter = max_iter;
  return s;
}

Matrix linear_fit(const std::string& loss, const std::string& penalty, bool sparse, Monitor& monitor) {
  const Index n = 60, p = 80;
  const Matrix x = random_matrix(n, p, 1);
  Vector y = x.col(0) - x.col(1) + 0.1 * random_vector(n, 2);
  if (loss == "logistic") y = y.unaryExpr([](double v) { return v > 0.0 ? 1.0 : -1.0; });
  std::vector<std::int64_t> indices, starts{0};
  for (Index j = 0; j < p; ++j) {
    for (Index i = 0; i < n; ++i) indices.push_back(i);
    starts.push_back(static_cast<std::int64_t>(indices.size()));
  }
  const DenseDesign<double> dense(x.data(), n, p, n);
  const CscDesign<double, std::int64_t> csc(x.data(), indices.data(), starts.data(), n, p);
  const auto f = make_loss(loss, {}, y, Vector::Constant(n, 1.0 / n));
  const bcd::Problem problem{sparse ? static_cast<const Design&>(csc) : dense,
                             *f,
                             {0.0, 0.0, nullptr, false, false},
                             {0.1, true, 1.0, 0.0},
                             true,
                             nullptr};
  return bcd::solve(problem, penalty, {3.0}, {}, settings_of(1000), {}, monitor).coef;
}

Matrix factorise(bool kl, Monitor& monitor) {
  using Rows = Eigen::Matrix<double, -1, -1, Eigen::RowMajor>;
  const Index n = 3000, m = 24, k = 4;
  const Rows x = random_matrix(n, 3, 3).cwiseAbs() * random_matrix(3, m, 4).cwiseAbs(), xt = x.transpose();
  nmf::Factors<double> f{random_matrix(k, n, 5).cwiseAbs(), random_matrix(k, m, 6).cwiseAbs(), k};
  nmf::FactorOptions options;
  options.n_threads = 3;
  const nmf::DenseRows<double> rows(x.data(), n, m, m), transposed(xt.data(), m, n, n);
  const Settings settings = settings_of(8);
  monitor.start(settings.max_time);
  if (kl)
    nmf::kullback_leibler(rows, transposed, f, options, settings, monitor);
  else
    nmf::frobenius(rows, f, options, settings, monitor);
  return f.right;
}

Matrix topics(Monitor& monitor) {
  const Index documents = 600, words = 12;
  std::vector<double> values;
  std::vector<std::int32_t> idx;
  std::vector<std::int64_t> starts{0};
  Rng rng(7);
  for (Index d = 0; d < documents; ++d) {
    for (Index w = 0; w < words; ++w) {
      values.push_back(1.0 + static_cast<double>(rng.below(5)));
      idx.push_back(static_cast<std::int32_t>(w));
    }
    starts.push_back(static_cast<std::int64_t>(values.size()));
  }
  const nmf::CountTable counts{values.data(), idx.data(), starts.data(), documents, words};
  nmf::SimplexFactors f{random_matrix(3, words, 8).cwiseAbs(), random_matrix(3, documents, 9).cwiseAbs()};
  nmf::lift_zeros(f);
  nmf::ExpectationMaximisation em(counts, {0.0, true, 3});
  const Settings settings = settings_of(20);
  monitor.start(settings.max_time);
  em.run(f, settings, monitor);
  return f.words;
}

Matrix screen(screening::Method method, Monitor& monitor) {
  const Matrix x = random_matrix(50, 40, 10);
  const Vector y = x.col(0) + random_vector(50, 11);
  screening::Options options;
  options.method = method;
  const screening::Screener screener(y, screening::Kind::continuous, options);
  return screener.score(screening::Block<double>{x.data(), 50, 40, 1, 50, 0}, nullptr, 1, 3, monitor).score;
}

Matrix beams(Monitor& monitor) {
  const std::vector<sbl::Planes> factors = [] {
    std::vector<sbl::Planes> f(2);
    f[0].re = random_matrix(4, 6, 12), f[1].re = random_matrix(5, 7, 13);
    return f;
  }();
  std::vector<sbl::Tensor> y(6);
  for (std::size_t b = 0; b < y.size(); ++b) {
    y[b].resize(20, false);
    const Vector v = random_vector(20, 14 + b);
    std::copy_n(v.data(), 20, y[b].re.begin());
  }
  sbl::Options options;
  options.prune = options.coupling = {0.0, 0.0};
  const auto found = sbl::solve_batch(factors, y, 1, options, settings_of(20), 3, monitor);
  Matrix out = Matrix::Zero(42, 6);
  for (Index b = 0; b < 6; ++b) {
    const auto& mean = found[static_cast<std::size_t>(b)].mean.re;
    std::copy(mean.begin(), mean.end(), out.col(b).data());
  }
  return out;
}

std::vector<Job> jobs() {
  return {[](Monitor& m) { return linear_fit("quadratic", "l1", false, m); },
          [](Monitor& m) { return linear_fit("logistic", "l1", true, m); },
          [](Monitor& m) { return linear_fit("quadratic", "mcp", true, m); },
          [](Monitor& m) { return factorise(false, m); },
          [](Monitor& m) { return factorise(true, m); },
          [](Monitor& m) { return topics(m); },
          [](Monitor& m) { return screen(screening::Method::kde, m); },
          [](Monitor& m) { return screen(screening::Method::nearest, m); },
          [](Monitor& m) { return beams(m); }};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_threads)

BOOST_AUTO_TEST_CASE(solves_side_by_side_find_what_they_find_alone) {
  const std::vector<Job> all = jobs();
  std::vector<Matrix> alone, together(2 * all.size());
  for (const Job& job : all) {
    Watching monitor;
    alone.push_back(job(monitor));
    BOOST_CHECK_GT(monitor.polls(), 0);
  }
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < together.size(); ++k)
    threads.emplace_back([&, k] {
      Watching monitor;
      together[k] = all[k % all.size()](monitor);
    });
  for (auto& t : threads) t.join();
  for (std::size_t k = 0; k < together.size(); ++k) BOOST_CHECK(together[k] == alone[k % all.size()]);
}

BOOST_AUTO_TEST_CASE(a_stop_reaches_the_workers_of_its_solve_and_no_other) {
  const std::vector<Job> all = jobs();
  std::vector<std::thread> threads;
  std::vector<char> finite(2 * all.size(), 0);
  std::vector<Matrix> whole(all.size()), alone;
  for (const Job& job : all) {
    Watching monitor;
    alone.push_back(job(monitor));
  }
  for (std::size_t k = 0; k < all.size(); ++k) {
    threads.emplace_back([&, k] {
      Watching monitor(1);
      all[k](monitor);
      finite[k] = monitor.polls() == 1 && monitor.reason() == Status::stopped;
    });
    threads.emplace_back([&, k] {
      Watching monitor;
      whole[k] = all[k](monitor);
    });
  }
  for (auto& t : threads) t.join();
  for (std::size_t k = 0; k < all.size(); ++k) {
    BOOST_CHECK_MESSAGE(finite[k], "job " << k << " went on after its stop");
    BOOST_CHECK(whole[k] == alone[k]);
  }
}

BOOST_AUTO_TEST_SUITE_END()
