#include <cmath>
#include <functional>
#include <memory>
#include <string>

#include "pauca/loss/logistic.hpp"
#include "pauca/loss/matrix_loss.hpp"
#include "pauca/loss/quadratic.hpp"
#include "pauca/loss/registry.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::testing;

namespace {

constexpr Index n = 30;

struct Example {
  std::string name;
  std::unique_ptr<Loss> loss;
  double step;  ///< of central differences
};

/// Every loss of the library: a new one joins by a line.
std::vector<Example> examples() {
  Vector binary = random_fractions(n, 1).array().round();
  Vector weights = random_weights(n, 2), some_zero = weights;
  some_zero[3] = 0.0;
  some_zero /= some_zero.sum();
  std::vector<Example> list;
  for (const auto& [tag, s] : {std::pair{"", weights}, std::pair{", a zero weight", some_zero}}) {
    list.push_back(
        {std::string("quadratic") + tag, std::make_unique<QuadraticLoss>(3.0 * random_vector(n, 3), s), 1e-5});
    list.push_back({std::string("logistic") + tag, std::make_unique<LogisticLoss>(binary, s), 1e-5});
    list.push_back(
        {std::string("logistic, shares") + tag, std::make_unique<LogisticLoss>(random_fractions(n, 4), s), 1e-5});
    const Vector positive = random_vector(n, 11).array().exp();
    auto add = [&](const char* name, const std::vector<double>& shape, const Vector& y) {
      list.push_back({name + std::string(tag), make_loss(name, shape, y, s), 1e-5});
    };
    add("huber", {0.8}, 3.0 * random_vector(n, 3));
    add("expectile", {0.8}, 3.0 * random_vector(n, 3));
    add("quantile", {0.3, 0.5}, 3.0 * random_vector(n, 3));
    add("poisson", {}, positive);
    add("gamma", {}, positive);
    add("squared_hinge", {}, binary);
  }
  return list;
}

void for_each_loss(const std::function<void(const Loss&, double)>& check) {
  for (const Example& e : examples()) BOOST_TEST_CONTEXT(e.name) check(*e.loss, e.step);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(test_loss)

BOOST_AUTO_TEST_CASE(gradient_by_differences) {
  for_each_loss([](const Loss& f, double step) {
    Vector eta = 2.0 * random_vector(n, 5), u(n), expected(n);
    f.gradient(eta, u);
    for (Index i = 0; i < n; ++i) {
      Vector up = eta, down = eta;
      up[i] += step;
      down[i] -= step;
      expected[i] = (f.value(up) - f.value(down)) / (2.0 * step);
    }
    check_close(u, expected, 1e-9);
  });
}

BOOST_AUTO_TEST_CASE(touching_quadratics_lie_above) {
  int seen = 0;
  for (const Example& e : examples()) {
    const Loss& f = *e.loss;
    const Vector eta = 3.0 * random_vector(n, 40);
    Vector h, u;
    if (!f.touching_curvature(eta, h)) continue;
    ++seen;
    f.gradient(eta, u);
    for (unsigned k = 0; k < 50; ++k) {
      const Vector d = 4.0 * random_vector(n, 50 + k);
      const double above = f.value(eta) + u.dot(d) + 0.5 * h.dot(d.cwiseAbs2());
      BOOST_TEST_CONTEXT(e.name) BOOST_TEST(f.value(eta + d) <= above + 1e-12);
    }
    BOOST_TEST((h.array() <= f.curvature_bound() * f.weights().array() * (1.0 + 1e-12)).all());
  }
  BOOST_TEST(seen >= 4);
}

BOOST_AUTO_TEST_CASE(curvature_by_differences) {
  for_each_loss([](const Loss& f, double step) {
    const Vector eta = 2.0 * random_vector(n, 6);
    Vector h(n), up(n), down(n);
    f.curvature(eta, h);
    f.gradient(eta.array() + step, up);
    f.gradient(eta.array() - step, down);
    check_close(h, (up - down) / (2.0 * step), 1e-9);
  });
}

BOOST_AUTO_TEST_CASE(conjugate_by_fenchel_young) {
  for_each_loss([](const Loss& f, double) {
    if (!f.has_conjugate()) return;
    const Vector eta = 1.5 * random_vector(n, 7);
    Vector v(n);
    f.gradient(eta, v);
    BOOST_CHECK_SMALL(f.value(eta) + f.conjugate(v) - eta.dot(v), 1e-12);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      // v stays a gradient, hence in the domain of the conjugate; the predictor is another one.
      const Vector other = 3.0 * random_vector(n, 100 + seed);
      BOOST_CHECK_GE(f.value(other) + f.conjugate(v) - other.dot(v), -1e-12);
    }
  });
}

BOOST_AUTO_TEST_CASE(dual_scale_maximises_the_dual) {
  for_each_loss([](const Loss& f, double) {
    if (!f.is_quadratic()) return;
    Vector eta = random_vector(n, 8), u(n);
    f.gradient(eta, u);
    const Vector offset = 0.2 * random_vector(n, 9);
    for (const Vector* o : {static_cast<const Vector*>(nullptr), &offset}) {
      auto dual = [&](double a) { return -f.conjugate(a * u) + (o ? a * u.dot(*o) : 0.0); };
      for (double limit : {0.3, 0.9, 5.0}) {
        const double best = dual(f.dual_scale(u, o, limit));
        BOOST_CHECK_LE(std::abs(f.dual_scale(u, o, limit)), limit);
        for (double a = -limit; a <= limit; a += limit / 50) BOOST_CHECK_GE(best, dual(a) - 1e-12);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(center_zeroes_the_slope) {
  for_each_loss([](const Loss& f, double) {
    for (double spread : {0.1, 2.0, 30.0}) {
      const Vector start = spread * random_vector(n, 10).array() + 2.0 * spread;
      Vector eta = start, u(n), fresh(n);
      const double shift = f.center(eta, u);
      check_close(eta, start.array() + shift, 1e-12);
      f.gradient(eta, fresh);
      check_close(u, fresh, 1e-14);
      BOOST_CHECK_SMALL(u.sum(), 1e-12);
      for (double d : {-1e-3, 1e-3}) BOOST_CHECK_GE(f.value(eta.array() + d), f.value(eta) - 1e-15);
    }
  });
}

BOOST_AUTO_TEST_CASE(logistic_is_finite_far_out) {
  const LogisticLoss f(Vector{{0.0, 1.0, 0.0, 1.0}}, Vector::Constant(4, 0.25));
  const Vector eta{{-800.0, 800.0, 800.0, -800.0}};
  Vector u(4), h(4);
  f.gradient(eta, u);
  f.curvature(eta, h);
  BOOST_CHECK_CLOSE(f.value(eta), 400.0, 1e-10);
  check_close(u, Vector{{0.0, 0.0, 0.25, -0.25}}, 1e-15);
  BOOST_CHECK(h.allFinite());
}

BOOST_AUTO_TEST_CASE(logistic_of_one_class_has_no_finite_intercept) {
  // center() must come back, with everything finite.
  const LogisticLoss f(Vector::Ones(5), Vector::Constant(5, 0.2));
  Vector eta = Vector::Zero(5), u(5);
  const double shift = f.center(eta, u);
  BOOST_CHECK(std::isfinite(shift) && shift > 5.0);
  BOOST_CHECK(u.allFinite());
}

BOOST_AUTO_TEST_CASE(softmax_value_gradient_constants_and_conjugate) {
  const Index n = 301, classes = 4;  // more rows than a block
  std::vector<Index> y;
  for (Index i = 0; i < n; ++i) y.push_back(i % 7 == 0 ? 0 : i % classes);
  Vector weights = random_weights(n, 21);
  weights /= weights.sum();
  const auto loss = make_multinomial_loss(y, classes, weights);
  Matrix eta = 3.0 * random_matrix(n, classes, 22), u, again;
  eta.row(5).array() += 800.0;  // exp overflows
  double expected = 0.0;
  for (Index i = 0; i < n; ++i) {
    const double top = eta.row(i).maxCoeff();
    expected += weights[i] * (top + std::log((eta.row(i).array() - top).exp().sum()) - eta(i, y[i]));
  }
  BOOST_CHECK_CLOSE(loss->value(eta), expected, 1e-10);
  BOOST_CHECK_CLOSE(loss->value_and_gradient(eta, u), expected, 1e-10);
  loss->gradient(eta, again);
  BOOST_CHECK(u == again);
  for (Index k = 0; k < classes; ++k) {
    Matrix near = eta;
    near(17, k) += 1e-6;
    BOOST_CHECK_SMALL((loss->value(near) - expected) / 1e-6 - u(17, k), 1e-6);
  }
  // Fenchel: f(eta) + f*(u) = <u, eta> at the gradient
  BOOST_CHECK_SMALL(expected + loss->conjugate(u) - u.cwiseProduct(eta).sum(), 1e-10);
  for (const Matrix& start : {Matrix(eta), Matrix(Matrix::Constant(n, classes, 0.3))}) {
    Matrix centred = start;
    Vector constants = Vector::Zero(classes);
    loss->center(centred, u, constants);
    BOOST_CHECK_SMALL(u.colwise().sum().cwiseAbs().maxCoeff(), 1e-14);
    BOOST_CHECK_SMALL((centred - start - Vector::Ones(n) * constants.transpose()).cwiseAbs().maxCoeff(), 1e-11);
    BOOST_CHECK_SMALL(constants.sum(), 1e-10);
  }
}

BOOST_AUTO_TEST_CASE(softmax_constants_stay_where_halving_finds_nothing_lower) {
  // The loss is zero at the start by rounding alone: just below 32, numbers are twice as dense, and the first row's
  // share of 2.4e-15 shows. Every fraction of the Newton step goes there.
  const auto loss = make_multinomial_loss({0, 1}, 2, Vector::Ones(2));
  Matrix eta(2, 2), u, expected;
  eta << 32.0, 32.0 + std::log(2.4e-15), 1000.0 + std::log(1e-14), 1000.0;
  const Matrix start = eta;
  BOOST_REQUIRE_EQUAL(loss->value(start), 0.0);
  Vector constants = Vector::Zero(2);
  loss->center(eta, u, constants);
  BOOST_CHECK_EQUAL((eta - start - Vector::Ones(2) * constants.transpose()).cwiseAbs().maxCoeff(), 0.0);
  loss->gradient(eta, expected);
  BOOST_CHECK(u == expected);
}

BOOST_AUTO_TEST_CASE(softmax_constants_are_found_beside_large_ones) {
  // Columns far from zero make for intercepts that are large: the predictors, where they count, are not.
  const Index n = 40, classes = 3;
  std::vector<Index> y;
  for (Index i = 0; i < n; ++i) y.push_back(i % classes);
  const auto loss = make_multinomial_loss(y, classes, Vector::Constant(n, 1.0 / n));
  Matrix eta = random_matrix(n, classes, 23), u;
  Vector constants = Vector::LinSpaced(classes, -1e5, 1e5);
  loss->center(eta, u, constants);
  BOOST_CHECK_SMALL(u.colwise().sum().cwiseAbs().maxCoeff(), 1e-14);
}

BOOST_AUTO_TEST_SUITE_END()
