# 日本語の文言。en.ftl と対になっている（テストで照合する）。

## 値の種類
kind-integer = 整数
kind-decimal = 小数（固定）
kind-float = 数値
kind-boolean = はい/いいえ
kind-text = 文字
kind-category = 区分
kind-date = 日付
kind-datetime = 日時
kind-instant = 日時
kind-time = 時刻
kind-duration = 期間
kind-binary = バイト列
kind-list = リスト
kind-struct = 項目の組
kind-empty = 値なし

## エラー
error-interrupted = 中止しました。
error-timeout = 制限時間を過ぎました。
hint-timeout = --timeout で時間を延ばすか、--where や --limit で行を減らしてください。
error-panic = このデータの処理中にライブラリが失敗しました: { $cause }
hint-panic = 作業は続けられます。可能であればファイルを添えてご報告ください。
error-data = データを処理できませんでした: { $cause }
error-column-missing = 列「{ $name }」はありません。
hint-column-nearest = 「{ $name }」のことですか？
hint-column-list = 列: { $names }
error-no-columns = 表示する列が残りません。
error-file-changed = { $path } は開いている間に変更されました。
hint-reload = 開き直すと現在の内容が表示されます。
error-parquet = { $path } を Parquet として読めません: { $cause }
hint-parquet = ファイルが途中で切れているか壊れている可能性があります。元の場所からコピーし直してください。
error-connection = 接続「{ $name }」はありません。
error-sort-key = 「{ $text }」は並べ替えの列ではありません。列名 または 列名:desc と書いてください。
error-sort-nested = 「{ $column }」は並べ替えられません（値の種類: { $kind }）。
error-memory-sort = { $rows } 行の並べ替えには約 { $needed } のメモリが必要ですが、上限は { $allowed } です。
hint-memory = 抽出や絞り込みで行を減らすか、--max-memory で上限を上げてください。

## 設定
error-config = { $path } の { $line } 行目: { $cause }
hint-config = 設定できる項目は config.example.toml にあります。
error-config-secret = { $path }: 接続「{ $connection }」に「{ $key }」があります。プロジェクトのファイルには書けません。
hint-config-secret = 個人の設定ファイルに移してください。
error-keymap-preset = キー割り当て「{ $name }」はありません。
hint-one-of = 次から選んでください: { $names }
error-keymap = キー割り当て { $file }: { $cause }
error-keymap-key = キー割り当て { $file }: 「{ $key }」はキーではありません。
hint-keymap-key = キーは j、G、Ctrl-F、PageDown、F5、Space のように書きます。
error-keymap-twice = キー割り当て { $file }: キー「{ $key }」が「{ $one }」と「{ $two }」の両方に割り当てられています。
error-keymap-command = キー割り当て { $file }: コマンド「{ $name }」はありません。
hint-keymap-command = コマンドの一覧は mekiki gen keys で表示できます。
## Errors
error-interrupted = Stopped.

## Files
error-file = { $path }: { $cause }
error-file-missing = { $path } が見つかりません。
error-file-denied = { $path }: 権限がありません（{ $cause }）。
error-disk-full = { $path }: ディスクの空き容量がありません。
hint-disk-full = 空き容量を増やすか、別のディスクに書き出してください。元からあったファイルは変更されていません。

## Output
error-output = 書き出しに失敗しました: { $cause }
error-output-format = 出力形式「{ $name }」はありません。
error-output-extension = { $path } という名前からは出力形式を判断できません。
error-output-compressed = { $path }: { $name } は形式自体が圧縮に対応しています。
error-output-folder = { $path } はフォルダーです。その中のファイル名を指定してください。
hint-output-format = --format で次のいずれかを指定してください: { $names }
hint-output-compressed = 最後の拡張子を外してください。
error-xlsx-rows = Excel のシートに入るのは見出しを除いて 1,048,575 行までですが、この表は { $count } 行以上あります。
hint-xlsx-rows = Parquet か CSV で書き出すか、--limit で行数を減らしてください。
error-xlsx-columns = Excel のシートに入るのは 16,384 列までですが、この表は { $count } 列あります。
hint-xlsx-columns = Parquet か CSV で書き出すか、--columns で列を選んでください。
notice-cut = 先頭の { $limit } 行だけを書き出しました。続きがあります。
notice-guarded = 表計算ソフトが数式とみなす { $count } 件の文字列の先頭に、アポストロフィを付けました。
notice-nulled = NaN または無限大の数値 { $count } 件を null として書き出しました。
notice-text-cut = { $count } 件の文字列を、Excel のセルに入る 32,767 文字までで切りました。
notice-long-numbers = Excel で扱える桁数を超える数値 { $count } 件を、文字列として書き出しました。
notice-zone-lost = Excel にはタイムゾーンがないため、{ $count } 列を { $zone } などの現地時刻で書き出しました。
output-missing = ∅
output-more-columns = … ほか { $count } 列
## Profile
profile-title = プロファイル: { $rows } 行 × { $columns } 列
profile-column = 列
profile-kind = 型
profile-missing = 欠損
profile-missing-percent = 欠損率 (%)
profile-distinct = 異なり数
profile-min = 最小
profile-q1 = 第1四分位
profile-median = 中央値
profile-q3 = 第3四分位
profile-max = 最大
profile-mean = 平均
profile-sd = 標準偏差
profile-top = 最頻値
profile-top-percent = 最頻値の割合 (%)
profile-nested = 入れ子の値は互いに比較しません。
profile-note-distinct = 異なり数は推定値です（標準誤差は最大 { $error }%）: { $names }
profile-note-sample = 四分位数、ヒストグラム、最頻値は { $rows } 行の標本から求めています（割合の誤差は ±{ $error } ポイント以内、95%）: { $names }
profile-note-nan = NaN は集計から除いています: { $names }
profile-note-infinite = 無限大は平均、標準偏差、ヒストグラムから除いています: { $names }
profile-note-empty = 空文字列は欠損ではなく値として数えています: { $names }
profile-note-nested = 入れ子の値は比較できないため、異なり数を数えていません: { $names }
profile-no-column = プロファイルする列がありません。
