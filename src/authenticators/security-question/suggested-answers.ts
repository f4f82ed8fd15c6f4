/**
 * Answers that a question itself suggests, by language of the texts. Attackers guess them first, so they are refused in
 * every language, whatever language the user reads.
 */
type ByQuestion = Readonly<
  Record<'stuffed_toy' | 'maths_teacher' | 'driving_instructor' | 'school_trip' | 'other_college', readonly string[]>
>;

export const suggestedAnswers: Readonly<Record<string, ByQuestion>> = {
  en: {
    stuffed_toy: ['stuffed toy', 'toy', 'teddy', 'teddy bear', 'bear', 'rabbit'],
    maths_teacher: ['teacher', 'math teacher', 'maths teacher', 'last name', 'surname', 'school'],
    driving_instructor: ['instructor', 'driving instructor', 'first name'],
    school_trip: ['school trip', 'destination', 'memorable', 'London', 'Berlin', 'Paris'],
    other_college: ['college', 'university', 'Harvard', 'Oxford', 'Cambridge'],
  },
  de: {
    stuffed_toy: ['Kuscheltier', 'Stofftier', 'Teddybär', 'Bär', 'Hase'],
    maths_teacher: [
      'Lehrer',
      'Lehrerin',
      'Mathelehrer',
      'Mathelehrerin',
      'Mathematiklehrer',
      'Mathematiklehrerin',
      'Nachname',
    ],
    driving_instructor: ['Fahrlehrer', 'Fahrlehrerin', 'Vorname'],
    school_trip: ['Schulausflug', 'Klassenfahrt', 'Ausflug', 'München', 'Wien'],
    other_college: ['Hochschule', 'Universität', 'Uni'],
  },
  fr: {
    stuffed_toy: ['peluche', 'nounours', 'ours', 'lapin', 'doudou'],
    maths_teacher: ['professeur', 'prof', 'professeur de mathématiques', 'nom de famille', 'collège'],
    driving_instructor: ['moniteur', 'monitrice', 'auto-école', 'prénom'],
    school_trip: ['voyage scolaire', 'voyage', 'Londres', 'Rome'],
    other_college: ['université', 'fac', 'Sorbonne'],
  },
  es: {
    stuffed_toy: ['peluche', 'osito', 'oso', 'conejo'],
    maths_teacher: ['profesor', 'profesora', 'profesor de matemáticas', 'apellido', 'colegio'],
    driving_instructor: ['instructor', 'profesor de autoescuela', 'autoescuela', 'nombre'],
    school_trip: ['viaje', 'viaje escolar', 'excursión', 'Madrid', 'Barcelona'],
    other_college: ['universidad', 'facultad', 'Complutense'],
  },
  it: {
    stuffed_toy: ['peluche', 'orsacchiotto', 'orso', 'coniglio'],
    maths_teacher: ['insegnante', 'professore', 'professoressa', 'matematica', 'cognome'],
    driving_instructor: ['istruttore', 'istruttore di guida', 'scuola guida', 'nome'],
    school_trip: ['gita', 'gita scolastica', 'Roma', 'Firenze', 'Venezia'],
    other_college: ['università', 'facoltà', 'Bocconi'],
  },
  'pt-BR': {
    stuffed_toy: ['pelúcia', 'bicho de pelúcia', 'ursinho', 'urso', 'coelho'],
    maths_teacher: ['professor', 'professora', 'matemática', 'professor de matemática', 'sobrenome'],
    driving_instructor: ['instrutor', 'instrutor de direção', 'autoescola', 'nome'],
    school_trip: ['excursão', 'viagem', 'São Paulo', 'Rio de Janeiro'],
    other_college: ['faculdade', 'universidade', 'USP'],
  },
  nl: {
    stuffed_toy: ['knuffel', 'knuffelbeer', 'beer', 'teddybeer', 'konijn'],
    maths_teacher: ['leraar', 'lerares', 'wiskundeleraar', 'wiskunde', 'achternaam'],
    driving_instructor: ['instructeur', 'rijinstructeur', 'rijschool', 'voornaam'],
    school_trip: ['schoolreis', 'schoolreisje', 'Efteling', 'Londen', 'Parijs'],
    other_college: ['hogeschool', 'universiteit', 'uni'],
  },
  pl: {
    stuffed_toy: ['maskotka', 'miś', 'pluszak', 'pluszowy miś', 'królik'],
    maths_teacher: ['nauczyciel', 'nauczycielka', 'matematyka', 'nazwisko', 'szkoła'],
    driving_instructor: ['instruktor', 'instruktor jazdy', 'imię'],
    school_trip: ['wycieczka', 'wycieczka szkolna', 'Kraków', 'Warszawa', 'Gdańsk'],
    other_college: ['uczelnia', 'uniwersytet', 'politechnika'],
  },
  tr: {
    stuffed_toy: ['peluş', 'oyuncak', 'peluş oyuncak', 'ayıcık', 'oyuncak ayı', 'tavşan'],
    maths_teacher: ['öğretmen', 'matematik öğretmeni', 'matematik', 'soyadı', 'okul'],
    driving_instructor: ['eğitmen', 'sürücü kursu', 'adı'],
    school_trip: ['gezi', 'okul gezisi', 'İstanbul', 'Ankara', 'Antalya'],
    other_college: ['üniversite', 'fakülte', 'Boğaziçi'],
  },
  ja: {
    stuffed_toy: ['ぬいぐるみ', 'テディベア', 'くま', 'うさぎ'],
    maths_teacher: ['先生', '数学の先生', '名字', '数学', '佐藤', '鈴木'],
    driving_instructor: ['教官', '自動車教習所', '名前'],
    school_trip: ['修学旅行', '京都', '奈良', '東京', '沖縄'],
    other_college: ['大学', '東京大学', '京都大学'],
  },
  'zh-Hans': {
    stuffed_toy: ['毛绒玩具', '玩具', '小熊', '泰迪熊', '兔子'],
    maths_teacher: ['老师', '数学老师', '王', '李', '张', '刘', '陈'],
    driving_instructor: ['教练', '驾校教练', '驾校', '名字'],
    school_trip: ['学校旅行', '旅行', '北京', '上海', '长城'],
    other_college: ['大学', '北京大学', '清华大学'],
  },
  ar: {
    stuffed_toy: ['دمية', 'دب', 'دبدوب', 'أرنب'],
    maths_teacher: ['معلم', 'معلمة', 'معلم الرياضيات', 'الرياضيات', 'مدرسة'],
    driving_instructor: ['مدرب', 'مدرب القيادة', 'الاسم'],
    school_trip: ['رحلة', 'رحلة مدرسية', 'القاهرة', 'دبي', 'مكة'],
    other_college: ['جامعة', 'الجامعة', 'جامعة القاهرة'],
  },
};
