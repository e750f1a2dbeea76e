#include "pauca/nmf/simplex_hals.hpp"

#include <Eigen/Cholesky>
#include <cmath>

#include "pauca/core/projections.hpp"
#include "pauca/nmf/simplex_qp.hpp"

namespace pauca::nmf {
namespace {

Vector inverse_or_zero(const Vector& v) { return (v.array() > 0.0).select(v.array().inverse(), 0.0); }

/// sum of squares of C with row d scaled by rows[d] and column c by columns[c] (null: unscaled).
double squared_norm(const CountTable& c, const double* rows, const double* columns) {
  double total = 0.0;
  for (Index d = 0; d < c.n_documents; ++d) {
    for (auto e = c.starts[d]; e < c.starts[d + 1]; ++e) {
      const double v = c.values[e] * (rows ? rows[d] : 1.0) * (columns ? columns[c.words[e]] : 1.0);
      total += v * v;
    }
  }
  return total;
}

/// What both methods share: bookkeeping of the objective and of the stopping rule.
class Descent {
 public:
  Descent(const char* engine, const Settings& settings, Monitor& monitor) : settings_(settings), monitor_(monitor) {
    report.engine = engine;
    report.threshold = settings.tol;
  }
  /// True as long as the loop should go on.
  bool next(double objective) {
    auto& path = report.objective_path;
    const double before = path.empty() ? objective : path.back();
    path.push_back(objective);
    report.objective = objective;
    report.n_iter = static_cast<Index>(path.size()) - 1;
    if (path.size() > 1) {
      report.criterion = (before - objective) / std::max(std::abs(path.front()), 1e-300);
      if (report.criterion <= settings_.tol) {
        report.status = Status::converged;
        return false;
      }
    }
    if (!monitor_.next_iteration({report.n_iter, objective, report.criterion, settings_.tol})) {
      report.status = monitor_.reason();
      return false;
    }
    return report.n_iter < settings_.max_iter;
  }
  Report finish() {
    report.seconds = monitor_.seconds();
    return report;
  }
  Report report;

 private:
  const Settings& settings_;
  Monitor& monitor_;
};

}  // namespace

void simplex_column_sweep(ConstMatrixRef b, ConstMatrixRef gram, MatrixRef m) {
  for (Index k = 0; k < m.cols(); ++k) {
    const double curvature = gram(k, k);
    if (!(curvature > 0.0)) continue;
    const Vector step = b.col(k) - m * gram.col(k);
    m.col(k) += step / curvature;
    project_simplex(m.col(k).data(), m.rows());
  }
}

Report simplex_hals(const CountTable& counts, SimplexFactors& f, const Settings& settings, Monitor& monitor) {
  const Index k = f.words.rows();
  const Vector inverse = inverse_or_zero(document_totals(counts));
  const double norm = squared_norm(counts, inverse.data(), nullptr);
  Matrix a = f.words.transpose(), b(k, counts.n_words), cross(k, counts.n_documents);
  Descent descent("simplex-hals", settings, monitor);
  for (bool going = true; going;) {
    times_words(counts, f.topics, inverse.data(), b);
    const Matrix bt = b.transpose(), gram = f.topics * f.topics.transpose();
    for (int sweep = 0; sweep < 3; ++sweep) simplex_column_sweep(bt, gram, a);
    f.words = a.transpose();
    times_documents(counts, f.words, inverse.data(), cross);
    const Matrix g = f.words * f.words.transpose();
    simplex_least_squares(g, cross, f.topics, true);
    going = descent.next(std::max(
        0.5 * norm - cross.cwiseProduct(f.topics).sum() + 0.5 * (g * f.topics).cwiseProduct(f.topics).sum(), 0.0));
  }
  return descent.finish();
}

Report minimum_volume(const CountTable& counts, SimplexFactors& f, double volume, const Settings& settings,
                      Monitor& monitor) {
  const Index k = f.words.rows();
  const Vector totals = word_totals(counts), lengths = document_totals(counts);
  const Vector inverse = inverse_or_zero(totals), share = totals / std::max(totals.sum(), 1e-300);
  const Vector root = share.cwiseSqrt().cwiseProduct(inverse);
  const double norm = squared_norm(counts, nullptr, root.data());

  // Vertices p(d | topic) and memberships p(topic | word) of the start.
  Vector topic = f.topics * lengths / lengths.sum();
  Matrix v = (f.topics * lengths.asDiagonal()).transpose();
  normalise_columns(v);
  Matrix h = f.words.array().colwise() * topic.array();
  normalise_columns(h);

  Matrix cross(k, counts.n_words), b(k, counts.n_documents);
  Matrix gram = v.transpose() * v;
  const double delta = 1e-2 * gram.trace() / static_cast<double>(k);
  auto regularised = [&] { return Eigen::LLT<Matrix>(gram + delta * Matrix::Identity(k, k)); };
  auto logdet = [&] { return 2.0 * Matrix(regularised().matrixL()).diagonal().array().log().sum(); };
  auto misfit = [&] {
    times_words(counts, v.transpose(), nullptr, cross);
    cross.array().rowwise() *= inverse.array().transpose();
    return std::max(
        0.5 * norm - (cross.cwiseProduct(h) * share).sum() + 0.5 * ((gram * h).cwiseProduct(h) * share).sum(), 0.0);
  };
  const double lambda = volume * misfit() / std::max(std::abs(logdet()), 1e-12);
  Descent descent("minimum-volume", settings, monitor);
  for (bool going = true; going;) {
    times_words(counts, v.transpose(), nullptr, cross);
    cross.array().rowwise() *= inverse.array().transpose();
    simplex_least_squares(gram, cross, h, true);
    const Matrix weighted = h * share.asDiagonal();
    const Matrix scaled = h.array().rowwise() * (share.array() * inverse.array()).transpose();
    times_documents(counts, scaled, nullptr, b);
    const Matrix m = weighted * h.transpose() + lambda * regularised().solve(Matrix::Identity(k, k));
    const Matrix bt = b.transpose();
    for (int sweep = 0; sweep < 3; ++sweep) simplex_column_sweep(bt, m, v);
    gram = v.transpose() * v;
    going = descent.next(misfit() + 0.5 * lambda * logdet());
  }
  topic = h * share;
  f.words = h * share.asDiagonal();
  normalise_rows(f.words);
  f.topics = v.transpose().array().colwise() * topic.array();
  normalise_columns(f.topics);
  return descent.finish();
}

}  // namespace pauca::nmf
